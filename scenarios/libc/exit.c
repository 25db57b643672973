/* SPDX-License-Identifier: MIT */
/* exit.c: a thread prints to a FILE at the fork, and the child leaves by exit(), which flushes. */
#include "lib/scenario.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *f;

static void open_file(void)
{
	f = fopen("/dev/null", "we");
	MUST(f != NULL);
}

static void print(void)
{
	CHECK(fprintf(f, "%d lines\n", 12345) == 12);
}

static void leave(void)
{
	exit(HANGRATE_EXIT_PASS);
}

LIBC_SCENARIO(.summary = "exit() in the child", .hazard = "exit() locks every FILE to flush it",
	.setup = open_file, .stress = print, .child = leave,
	.fork = { { "glibc", COMPLETES, "fork() overwrites each FILE's lock in the child" },
		{ "musl", DEADLOCKS, "fork() leaves each FILE's lock as it was" } },
	.behind = { { "*", MAY, "nobody resets the locks" } },
	.refs = { "POSIX.1-2024 fork(): _exit() is async-signal-safe, exit() is not" }, );
