/* SPDX-License-Identifier: MIT */
/* strftime.c: a thread is in strftime() at the fork, and the child calls it. */
#include "lib/scenario.h"

#include <string.h>
#include <time.h>

static void format(void)
{
	struct tm tm = { .tm_year = 70, .tm_mday = 3 };
	char text[64];

	CHECK(strftime(text, sizeof(text), "%F", &tm) == 10);
	CHECK(!strcmp(text, "1970-01-03"));
}

LIBC_SCENARIO(.summary = "strftime() in the child",
	.hazard = "it sets the time zone first, which has a lock", .stress = format,
	.child = format,
	.fork = { { "glibc", MAY, "fork() leaves tzset's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
