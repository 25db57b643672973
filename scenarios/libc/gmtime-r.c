/* SPDX-License-Identifier: MIT */
/* gmtime-r.c: gmtime_r() needs no time zone; in a thread at the fork, and in the child. */
#include "lib/scenario.h"

#include <time.h>

static void ask(void)
{
	time_t t = 86400;
	struct tm tm;

	CHECK(gmtime_r(&t, &tm) && tm.tm_mday == 2 && tm.tm_hour == 0);
}

LIBC_SCENARIO(.summary = "gmtime_r() in the child",
	.hazard = "glibc takes tzset's lock for UTC too", .stress = ask, .child = ask,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves tzset's lock alone" },
		{ "musl", COMPLETES, "gmtime_r() takes no lock" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", COMPLETES, "gmtime_r() takes no lock" } }, );
