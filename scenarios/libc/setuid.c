/* SPDX-License-Identifier: MIT */
/* setuid.c: a thread starts threads at the fork, and the child sets its user id. */
#include "lib/scenario.h"

#include <pthread.h>
#include <unistd.h>

static void *nothing(void *arg)
{
	return arg;
}

static void start_and_join(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void set(void)
{
	CHECK(setuid(getuid()) == 0);
}

LIBC_SCENARIO(.summary = "setuid() in the child, which is async-signal-safe",
	.hazard = "it has to change all threads, so it locks their list", .stress = start_and_join,
	.child = set,
	.fork = { { "glibc", MAY, "fork() resets the list's lock" },
		{ "musl<1.2.2", MAY, "fork() takes the list's lock from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the list's lock" } },
	.behind = { { "*", MAY, "nobody looks after the list" } },
	.refs = { "POSIX.1-2024: _Fork() and setuid() are async-signal-safe" }, );
