/* SPDX-License-Identifier: MIT */
/* mutex.c: a thread holds a mutex at the fork, and the child locks it. No race. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void hold(void)
{
	pthread_mutex_lock(&mutex);
}

static void lock(void)
{
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
}

LIBC_SCENARIO(.summary = "pthread_mutex_lock() in the child, of a mutex that another thread held",
	.hazard = "the owner stayed behind", .stays = hold, .child = lock,
	.fork = { { "*", DEADLOCKS, "no libc knows an application's mutex" } },
	.behind = { { "*", DEADLOCKS, "no libc knows an application's mutex" } }, );
