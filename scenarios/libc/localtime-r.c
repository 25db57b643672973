/* SPDX-License-Identifier: MIT */
/* localtime-r.c: thread-safe is not fork-safe: localtime_r() in a thread and in the child. */
#include "lib/scenario.h"

#include <time.h>

static void ask(void)
{
	time_t t = 86400;
	struct tm tm;

	CHECK(localtime_r(&t, &tm) && tm.tm_year == 70);
}

LIBC_SCENARIO(.summary = "localtime_r() in the child", .hazard = "the time zone has a lock",
	.stress = ask, .child = ask,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves tzset's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
