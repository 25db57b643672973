/* SPDX-License-Identifier: MIT */
/* mktime.c: a thread is in mktime() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <time.h>

static void convert(void)
{
	struct tm tm = { .tm_year = 70, .tm_mday = 3 };

	CHECK(mktime(&tm) != -1);
	CHECK(tm.tm_year == 70 && tm.tm_mday == 3);
}

LIBC_SCENARIO(.summary = "mktime() in the child", .hazard = "the time zone has a lock",
	.stress = convert, .child = convert,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves tzset's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
