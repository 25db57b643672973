/* SPDX-License-Identifier: MIT */
/* localtime.c: a thread asks for the local time at the fork, and the child does. */
#include "lib/scenario.h"

#include <time.h>

static void ask(void)
{
	time_t t = 86400;
	struct tm *tm = localtime(&t);

	CHECK(tm && tm->tm_year == 70 && tm->tm_mon == 0);
}

LIBC_SCENARIO(.summary = "localtime() in the child", .hazard = "the time zone has a lock",
	.stress = ask, .child = ask,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves tzset's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
