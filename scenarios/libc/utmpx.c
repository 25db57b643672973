/* SPDX-License-Identifier: MIT */
/* utmpx.c: a thread reads who is logged in at the fork, and the child does. */
#include "lib/scenario.h"

#include <utmpx.h>

static void read_first(void)
{
	setutxent();
	getutxent(); /* NULL where nobody is logged in */
	endutxent();
}

LIBC_SCENARIO(.summary = "setutxent(), getutxent() and endutxent() in the child",
	.hazard = "the database of logins has a lock", .stress = read_first, .child = read_first,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves the lock alone" },
		{ "musl", COMPLETES, "the functions do nothing" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", COMPLETES, "the functions do nothing" } }, );
