/* SPDX-License-Identifier: MIT */
/* pthread-atfork.c: a thread registers fork handlers at the fork, and the child does. */
#include "lib/scenario.h"

#include <pthread.h>

static void nothing(void)
{
}

static void add(void)
{
	CHECK(pthread_atfork(nothing, nothing, nothing) == 0);
}

LIBC_SCENARIO(.summary = "pthread_atfork() in the child",
	.hazard = "the list of handlers has a lock, which fork() itself takes", .stress = add,
	.idle_us = 20, .child = add,
	.fork = { { "*", MAY, "whether the child has the list's lock free" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
