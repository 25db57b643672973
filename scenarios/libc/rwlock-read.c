/* SPDX-License-Identifier: MIT */
/* rwlock-read.c: a thread holds a lock for reading at the fork, and the child writes. No race. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static void hold(void)
{
	pthread_rwlock_rdlock(&lock);
}

static void write_lock(void)
{
	CHECK(pthread_rwlock_wrlock(&lock) == 0);
	CHECK(pthread_rwlock_unlock(&lock) == 0);
}

LIBC_SCENARIO(.summary = "pthread_rwlock_wrlock() in the child while a thread of the parent read",
	.hazard = "the reader stayed behind, and is still counted", .stays = hold,
	.child = write_lock, .fork = { { "*", DEADLOCKS, "no libc knows an application's lock" } },
	.behind = { { "*", DEADLOCKS, "no libc knows an application's lock" } }, );
