/* SPDX-License-Identifier: MIT */
/* background-output.c: $(...) waits for the end of a pipe that a background process keeps open. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int output[2];
static int running[2]; /* the daemon lives as long as this pipe */
static bool redirects;

/* A daemon that was started "in the background" and lives on. */
static void daemon_main(void)
{
	char byte;

	if (redirects)
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), output[1]);
	(void)!read(running[0], &byte, 1);
	_exit(0);
}

/* The script: starts the daemon, prints its answer, ends. */
static void script(void *arg)
{
	pid_t pid;

	(void)arg;
	MUST(close(running[1]) == 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0)
		daemon_main();
	CHECK(write(output[1], "ok\n", 3) == 3);
}

static void read_output(bool redirect)
{
	char bytes[64];
	pid_t pid;

	redirects = redirect;
	MUST(pipe2(output, O_CLOEXEC) == 0 && pipe2(running, O_CLOEXEC) == 0);
	pid = scenario_fork(FORK, script, NULL);
	CHECK(close(output[1]) == 0);
	scenario_wait(pid);
	while (read(output[0], bytes, sizeof(bytes)) > 0)
		;
}

/* The hazard: the script has ended, its output has not. */
static void kept(void)
{
	read_output(false);
}

/* Fix: a daemon gives its standard output away. */
static void redirected(void)
{
	read_output(true);
}

SCENARIO(
	.summary = "a background process keeps the output of $(...) open",
	.hazard = "command substitution reads until every copy of the pipe is closed",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read daemon",
	.variants = {
		{ "kept", "the daemon keeps standard output", kept,
		  { { "*", DEADLOCKS, "the daemon waits for us, and never closes it" } } },
		{ "redirected", "the daemon writes to /dev/null", redirected,
		  { { "*", COMPLETES, "the script's copy was the last" } } },
	},
	.refs = { "https://github.com/git/git/blob/master/Documentation/githooks.txt",
		"https://github.com/epoptes/epoptes/issues/58" },
);
