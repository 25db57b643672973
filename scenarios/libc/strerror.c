/* SPDX-License-Identifier: MIT */
/* strerror.c: a thread changes the locale at the fork, and the child asks for a message. */
#include "lib/scenario.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

static void change(void)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* it may be missing: it is searched for with the lock */
	CHECK(setlocale(LC_CTYPE, "C"));
}

static void ask(void)
{
	CHECK(strstr(strerror(ENOENT), "No such file"));
}

LIBC_SCENARIO(.summary = "strerror() in the child while a thread changes the locale",
	.hazard = "messages are translated, and that reads the locale with its lock",
	.stress = change, .child = ask,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves the locale's lock alone" },
		{ "musl", COMPLETES, "no lock is needed to read the locale" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", COMPLETES, "no lock is needed to read the locale" } },
	.heap = "0", );
