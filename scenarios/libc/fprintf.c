/* SPDX-License-Identifier: MIT */
/* fprintf.c: a thread prints to a FILE at the fork, and the child prints to the same one. */
#include "lib/scenario.h"

#include <stdio.h>

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

LIBC_SCENARIO(.summary = "fprintf() in the child, to a FILE of its parent",
	.hazard = "each FILE has a lock", .setup = open_file, .stress = print, .child = print,
	.fork = { { "glibc", COMPLETES, "fork() overwrites each FILE's lock in the child" },
		{ "musl", DEADLOCKS, "fork() leaves each FILE's lock as it was" } },
	.behind = { { "*", DEADLOCKS, "nobody resets the lock" } },
	.refs = { "POSIX.1-2024 fork()" }, .heap = "0", );
