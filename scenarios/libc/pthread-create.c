/* SPDX-License-Identifier: MIT */
/* pthread-create.c: a thread starts and joins threads at the fork, and the child does. */
#include "lib/scenario.h"

#include <pthread.h>

static void *nothing(void *arg)
{
	return arg;
}

static void start_and_join(void)
{
	int something;
	pthread_t thread;
	void *result;

	CHECK(pthread_create(&thread, NULL, nothing, &something) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	CHECK(result == &something);
}

LIBC_SCENARIO(.summary = "pthread_create() and pthread_join() in the child",
	.hazard = "the lists of threads and of free stacks have locks", .stress = start_and_join,
	.child = start_and_join,
	.fork = { { "glibc", MAY, "fork() resets the stacks' lock, the data may be half changed" },
		{ "musl<1.2.2", MAY, "fork() takes the list's lock from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the list's lock" } },
	.behind = { { "*", MAY, "nobody takes the locks" } }, );
