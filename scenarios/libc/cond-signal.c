/* SPDX-License-Identifier: MIT */
/* cond-signal.c: a thread waits on a condition at the fork; the child signals it. No race. */
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

static void signal_all(void)
{
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_cond_signal(&cond) == 0);
	CHECK(pthread_cond_broadcast(&cond) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
}

LIBC_SCENARIO(.summary = "pthread_cond_signal() in the child, of a condition with a waiter",
	.hazard = "the waiter that is signalled stayed behind", .stays = wait_for_ever,
	.child = signal_all,
	.fork = { { "*", MAY, "whether the one who signals waits for the waiter" } },
	.behind = { { "*", MAY, "whether the one who signals waits for the waiter" } }, );
