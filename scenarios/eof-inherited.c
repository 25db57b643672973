/* SPDX-License-Identifier: MIT */
/* eof-inherited.c: a sibling has inherited the writing end of a pipe, so that it never ends. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <unistd.h>

static int to_filter[2], to_other[2];
static bool closes_all;

static void read_to_end(int fd)
{
	char byte;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) > 0)
		;
	CHECK(n == 0);
}

/* Reads until everybody has closed the writing end. */
static void filter(void *arg)
{
	(void)arg;
	CHECK(close(to_filter[1]) == 0 && close(to_other[1]) == 0);
	read_to_end(to_filter[0]);
}

/* Started second: it has a copy of to_filter[1], and does not know. */
static void other(void *arg)
{
	(void)arg;
	if (closes_all)
		CHECK(close(to_filter[1]) == 0);
	CHECK(close(to_other[1]) == 0);
	read_to_end(to_other[0]);
}

/* Ends the children in the order in which they were started. */
static void run(bool close_all)
{
	pid_t first, second;

	closes_all = close_all;
	MUST(pipe2(to_filter, O_CLOEXEC) == 0 && pipe2(to_other, O_CLOEXEC) == 0);
	first = scenario_fork(FORK, filter, NULL);
	second = scenario_fork(FORK, other, NULL);
	CHECK(close(to_filter[1]) == 0);
	scenario_wait(first);
	CHECK(close(to_other[1]) == 0);
	scenario_wait(second);
}

/* The hazard: end of file comes with the last copy, and a sibling has one. */
static void inherited(void)
{
	run(false);
}

/* Fix: a child closes what is not its own; over exec, O_CLOEXEC does that. */
static void closed(void)
{
	run(true);
}

/* Fix: all writing ends are closed before anybody is waited for. */
static void closed_before_wait(void)
{
	pid_t first, second;

	MUST(pipe2(to_filter, O_CLOEXEC) == 0 && pipe2(to_other, O_CLOEXEC) == 0);
	first = scenario_fork(FORK, filter, NULL);
	second = scenario_fork(FORK, other, NULL);
	CHECK(close(to_filter[1]) == 0);
	CHECK(close(to_other[1]) == 0);
	scenario_wait(second);
	scenario_wait(first);
}

SCENARIO(
	.summary = "a sibling holds the writing end of a pipe open",
	.hazard = "a reader sees the end of file only when every copy of the writing end is closed",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read + child",
	.variants = {
		{ "inherited", "the second child keeps its copy", inherited,
		  { { "*", DEADLOCKS, "the first child waits for the second, which waits for us" } } },
		{ "closed", "the second child closes its copy", closed,
		  { { "*", COMPLETES, "the parent's copy was the last" } } },
		{ "wait-last", "all ends are closed before the first wait", closed_before_wait,
		  { { "*", COMPLETES, "the second child ends, and its copy with it" } } },
	},
	.refs = { "pipe(7)", "https://peps.python.org/pep-0446/",
		"https://github.com/confluentinc/ducktape/pull/140" },
);
