/* SPDX-License-Identifier: MIT */
/* cxa-atexit.c: what C++ static objects with a destructor call when they are initialised. */
#include "lib/scenario.h"

#include <stdlib.h>

int __cxa_atexit(void (*destroy)(void *), void *object, void *dso);
extern void *__dso_handle;

static void destroy_nothing(void *object)
{
	(void)object;
}

static void initialise(void)
{
	CHECK(__cxa_atexit(destroy_nothing, NULL, &__dso_handle) == 0);
}

LIBC_SCENARIO(.summary = "__cxa_atexit() in the child: static objects of C++",
	.hazard = "the list of exit functions has a lock", .stress = initialise,
	.child = initialise,
	.fork = { { "glibc", MAY, "fork() leaves the list's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
