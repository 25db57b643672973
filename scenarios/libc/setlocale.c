/* SPDX-License-Identifier: MIT */
/* setlocale.c: a thread changes the locale at the fork, and the child does. */
#include "lib/scenario.h"

#include <locale.h>

static void change(void)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* it may be missing: it is searched for with the lock */
	CHECK(setlocale(LC_CTYPE, "C"));
}

LIBC_SCENARIO(.summary = "setlocale() in the child", .hazard = "the locale has a lock",
	.stress = change, .child = change,
	.timeout_ms = 1000, /* some spin; the heap takes its time */
	.fork = { { "glibc", DEADLOCKS, "fork() leaves the locale's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, .heap = "0", );
