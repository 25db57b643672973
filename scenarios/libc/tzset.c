/* SPDX-License-Identifier: MIT */
/* tzset.c: a thread is in tzset() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <time.h>

static void set_zone(void)
{
	tzset();
	CHECK(tzname[0] != NULL && tzname[0][0]);
}

LIBC_SCENARIO(.summary = "tzset() in the child", .hazard = "the time zone has a lock",
	.stress = set_zone, .child = set_zone,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves tzset's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
