/* SPDX-License-Identifier: MIT */
/* fflush-null.c: a thread prints to a FILE at the fork, and the child flushes all of them. */
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

static void flush_all(void)
{
	CHECK(fflush(NULL) == 0);
}

LIBC_SCENARIO(.summary = "fflush(NULL) in the child",
	.hazard = "it locks the list of all FILEs and each of them", .setup = open_file,
	.stress = print, .child = flush_all,
	.fork = { { "glibc", COMPLETES, "fork() overwrites each FILE's lock in the child" },
		{ "musl", DEADLOCKS, "fork() leaves each FILE's lock as it was" } },
	.behind = { { "*", DEADLOCKS, "nobody resets the locks" } }, );
