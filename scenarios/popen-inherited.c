/* SPDX-License-Identifier: MIT */
/* popen-inherited.c: a program that was started after popen() has a copy of its pipe, so that
 * pclose() waits for ever. The order in which the two are ended decides. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int stop[2]; /* the helper ends when this pipe does */

/* Another program that this one has started: it reads its standard input to the end. */
static void helper(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1)
		;
}

static pid_t start_helper(void)
{
	MUST(pipe2(stop, O_CLOEXEC) == 0);
	MUST(dup2(stop[0], STDIN_FILENO) == STDIN_FILENO);
	return scenario_fork(FORK_EXEC, NULL, NULL);
}

static void stop_helper(pid_t pid)
{
	CHECK(close(stop[1]) == 0);
	scenario_wait(pid);
}

static FILE *open_sink(const char *mode)
{
	FILE *f = popen("exec cat >/dev/null", mode);

	MUST(f != NULL);
	CHECK(fputs("text\n", f) >= 0);
	return f;
}

/* The hazard: cat reads until every copy of the pipe is closed, also the helper's. */
static void sink_first(void)
{
	FILE *sink = open_sink("w");
	pid_t pid = start_helper();

	CHECK(pclose(sink) == 0);
	stop_helper(pid);
}

/* Fix: end what was started last first. */
static void helper_first(void)
{
	FILE *sink = open_sink("w");
	pid_t pid = start_helper();

	stop_helper(pid);
	CHECK(pclose(sink) == 0);
}

/* Fix: "e" sets close-on-exec, so that no other program gets a copy. */
static void close_on_exec(void)
{
	FILE *sink = open_sink("we");
	pid_t pid = start_helper();

	CHECK(pclose(sink) == 0);
	stop_helper(pid);
}

SCENARIO(
	.summary = "pclose() while another program has a copy of the pipe",
	.hazard = "pclose() waits for the command, which waits for the end of its input",
	.symptom = IN_WAIT,
	.cause = "pipe: pipe-read + pipe-read + child",
	.child = helper,
	.variants = {
		{ "sink-first", "popen(\"w\"), exec, pclose()", sink_first,
		  { { "*", DEADLOCKS, "the helper has a copy, and would be ended after pclose()" } } },
		{ "helper-first", "the helper is ended before pclose()", helper_first,
		  { { "*", COMPLETES, "the program's copy is the last" } } },
		{ "close-on-exec", "popen(\"we\")", close_on_exec,
		  { { "*", COMPLETES, "the helper has no copy" } } },
	},
	.refs = { "popen(3)", "https://github.com/famzah/popen-noshell/issues/7",
		"https://github.com/Perl/perl5/issues/953" },
);
