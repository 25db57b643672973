/* SPDX-License-Identifier: MIT */
/* puts.c: a thread puts characters to a FILE at the fork, one lock each, and the child does. */
#include "lib/scenario.h"

#include <stdio.h>

static FILE *f;

static void open_file(void)
{
	f = fopen("/dev/null", "we");
	MUST(f != NULL);
}

static void put(void)
{
	CHECK(fputs("a line\n", f) >= 0);
	CHECK(fputc('x', f) == 'x');
}

LIBC_SCENARIO(.summary = "fputs() and fputc() in the child, to a FILE of its parent",
	.hazard = "each FILE has a lock", .setup = open_file, .stress = put, .child = put,
	.fork = { { "glibc", COMPLETES, "fork() overwrites each FILE's lock in the child" },
		{ "musl", DEADLOCKS, "fork() leaves each FILE's lock as it was" } },
	.behind = { { "*", DEADLOCKS, "nobody resets the lock" } }, .heap = "0", );
