/* SPDX-License-Identifier: MIT */
/* own-write-end.c: a filter's output is read while the pipe of its input is still open here. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <unistd.h>

static int to_filter[2], from_filter[2];
static bool filter_closes, reader_closes;

/* As sort(1) does: reads all, then writes. */
static void filter(void *arg)
{
	char byte, last = 0;

	(void)arg;
	CHECK(close(from_filter[0]) == 0);
	if (filter_closes)
		CHECK(close(to_filter[1]) == 0);
	while (read(to_filter[0], &byte, 1) == 1)
		last = byte;
	CHECK(write(from_filter[1], &last, 1) == 1);
}

static void run(bool in_filter, bool in_reader)
{
	char byte;
	pid_t pid;

	filter_closes = in_filter;
	reader_closes = in_reader;
	MUST(pipe2(to_filter, O_CLOEXEC) == 0 && pipe2(from_filter, O_CLOEXEC) == 0);
	pid = scenario_fork(FORK, filter, NULL);
	CHECK(close(from_filter[1]) == 0);
	CHECK(write(to_filter[1], "text", 4) == 4);
	if (reader_closes)
		CHECK(close(to_filter[1]) == 0);
	CHECK(read(from_filter[0], &byte, 1) == 1 && byte == 't');
	scenario_wait(pid);
}

/* The hazard: all is written, and the pipe is not closed. */
static void kept_here(void)
{
	run(true, false);
}

/* The hazard: it is closed here, and the filter itself has a copy of it. */
static void kept_in_filter(void)
{
	run(false, true);
}

/* Fix: each process closes the ends that it does not use, and the writer closes when it is done. */
static void closed(void)
{
	run(true, true);
}

SCENARIO(
	.summary = "a filter's output is read before the end of its input",
	.hazard = "the filter reads to the end of a pipe that its reader has not closed",
	.symptom = IN_READ,
	.cause = "pipe: pipe-read + pipe-read",
	.variants = {
		{ "kept-here", "the program keeps the end that it has written to", kept_here,
		  { { "*", DEADLOCKS, "filter and program read, and neither writes" } } },
		{ "kept-in-filter", "the filter keeps a copy of its own input's writing end",
		  kept_in_filter, { { "*", DEADLOCKS, "the filter waits for itself to close it" } } },
		{ "closed", "both close what they do not use", closed,
		  { { "*", COMPLETES, "the filter sees the end of its input" } } },
	},
	.refs = { "pipe(7)", "https://github.com/jleffler/soq/pull/158" },
);
