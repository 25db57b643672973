/* SPDX-License-Identifier: MIT */
/* atexit.c: a thread registers exit functions at the fork, and the child does, and exits. */
#include "lib/scenario.h"

#include <stdlib.h>

static void nothing(void)
{
}

static void add(void)
{
	CHECK(atexit(nothing) == 0);
}

static void add_and_leave(void)
{
	CHECK(atexit(nothing) == 0);
	exit(HANGRATE_EXIT_PASS);
}

LIBC_SCENARIO(.summary = "atexit(), then exit() in the child",
	.hazard = "the list of exit functions has a lock", .stress = add, .child = add_and_leave,
	.fork = { { "glibc<2.42", DEADLOCKS, "fork() leaves the list's lock alone" },
		{ "glibc", MAY, "fork() leaves the list's lock alone; it is held for an instant" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
