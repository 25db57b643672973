/* SPDX-License-Identifier: MIT */
/* cond-destroy.c: a thread waits on a condition at the fork, and the child destroys it. No race. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void wait_for_ever(void)
{
	pthread_mutex_lock(&mutex);
	for (;;)
		pthread_cond_wait(&cond, &mutex);
}

static void destroy(void)
{
	CHECK(pthread_cond_destroy(&cond) == 0);
}

LIBC_SCENARIO(.summary = "pthread_cond_destroy() in the child, of a condition with a waiter",
	.hazard = "glibc waits until the last waiter has left, and it stayed behind",
	.stays = wait_for_ever, .child = destroy,
	.fork = { { "glibc", DEADLOCKS,
			  "the waiter is counted in the condition, and never leaves" },
		{ "musl", COMPLETES, "destroying a private condition waits for nobody" } },
	.behind = { { "glibc", DEADLOCKS, "the same" },
		{ "musl", COMPLETES, "destroying a private condition waits for nobody" } }, );
