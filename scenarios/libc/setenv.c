/* SPDX-License-Identifier: MIT */
/* setenv.c: a thread is in setenv() at the fork, and the child sets a variable. */
#include "lib/scenario.h"

#include <stdlib.h>
#include <string.h>

static void set(void)
{
	CHECK(setenv("HANGRATE_TEST", "some value", 1) == 0);
}

static void set_own(void)
{
	CHECK(setenv("HANGRATE_CHILD", "yes", 1) == 0);
	CHECK(getenv("HANGRATE_CHILD") && !strcmp(getenv("HANGRATE_CHILD"), "yes"));
}

LIBC_SCENARIO(.summary = "setenv() in the child", .hazard = "the environment has a lock",
	.stress = set, .child = set_own,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves the environment's lock alone" },
		{ "musl", COMPLETES, "setenv() takes no lock of its own" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "nobody takes malloc's lock" } },
	.heap = "0", );
