/* SPDX-License-Identifier: MIT */
/* rwlock-write.c: a thread holds a lock for writing at the fork, and the child reads. No race. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static void hold(void)
{
	pthread_rwlock_wrlock(&lock);
}

static void read_lock(void)
{
	CHECK(pthread_rwlock_rdlock(&lock) == 0);
	CHECK(pthread_rwlock_unlock(&lock) == 0);
}

LIBC_SCENARIO(.summary = "pthread_rwlock_rdlock() in the child while a thread of the parent wrote",
	.hazard = "the writer stayed behind", .stays = hold, .child = read_lock,
	.fork = { { "*", DEADLOCKS, "no libc knows an application's lock" } },
	.behind = { { "*", DEADLOCKS, "no libc knows an application's lock" } }, );
