/* SPDX-License-Identifier: MIT */
/* join-under-lock.c: a thread is joined by somebody who holds the lock that it needs to end. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static int workers = 1;

static void *work(void *arg)
{
	DELAY_POINT("working");
	CHECK(pthread_mutex_lock(&pool) == 0);
	workers--; /* the last thing that a worker does */
	CHECK(pthread_mutex_unlock(&pool) == 0);
	return arg;
}

/* The hazard: the worker waits for the lock, the owner of the lock for the worker. */
static void locked(void)
{
	pthread_t worker;

	CHECK(pthread_mutex_lock(&pool) == 0);
	MUST(pthread_create(&worker, NULL, work, NULL) == 0);
	CHECK(pthread_join(worker, NULL) == 0);
	CHECK(pthread_mutex_unlock(&pool) == 0);
}

/* Fix: give the lock back before the join. */
static void unlocked(void)
{
	pthread_t worker;

	CHECK(pthread_mutex_lock(&pool) == 0);
	MUST(pthread_create(&worker, NULL, work, NULL) == 0);
	CHECK(pthread_mutex_unlock(&pool) == 0);
	CHECK(pthread_join(worker, NULL) == 0);
}

SCENARIO(
	.summary = "pthread_join() under a lock that the joined thread takes",
	.hazard = "the joined thread needs the lock to come to its end",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: lock + join; self-lock: lock joined no-owner; = mutex-recursion",
	.knobs = { { "working", DELAY, "0,1ms", "how long the worker works" } },
	.variants = {
		{ "locked", "joined while the lock is held", locked,
		  { { "*", DEADLOCKS, "worker and owner wait for each other" } } },
		{ "unlocked", "unlocked, then joined", unlocked,
		  { { "*", COMPLETES, "the worker can end" } } },
	},
	.refs = { "POSIX.1-2024 pthread_join()",
		"https://github.com/COVESA/dlt-daemon/pull/915" },
);
