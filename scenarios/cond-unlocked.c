/* SPDX-License-Identifier: MIT */
/* cond-unlocked.c: what a thread waits for is changed without the lock that it tests it under. */
#include "lib/scenario.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t stopped = PTHREAD_COND_INITIALIZER;
static atomic_bool stop;
static sem_t tested; /* the worker has the lock, and has found that it is to wait */

static void *worker(void *arg)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	while (!stop) {
		CHECK(sem_post(&tested) == 0);
		DELAY_POINT("tested");
		CHECK(pthread_cond_wait(&stopped, &lock) == 0);
	}
	CHECK(pthread_mutex_unlock(&lock) == 0);
	return arg;
}

static void stop_without_lock(void)
{
	stop = true;
	CHECK(pthread_cond_signal(&stopped) == 0);
}

static void stop_with_lock(void)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	stop = true;
	CHECK(pthread_mutex_unlock(&lock) == 0);
	CHECK(pthread_cond_signal(&stopped) == 0);
}

static void start_and(void (*stop_it)(void))
{
	pthread_t thread;

	MUST(sem_init(&tested, 0, 0) == 0);
	MUST(pthread_create(&thread, NULL, worker, NULL) == 0);
	CHECK(sem_wait(&tested) == 0);
	stop_it();
	CHECK(pthread_join(thread, NULL) == 0);
}

/* The hazard: the flag is atomic, and yet test and wait of the worker are not one step. */
static void unlocked(void)
{
	start_and(stop_without_lock);
}

/* Fix: the lock keeps the change out of the gap between test and wait. */
static void locked(void)
{
	start_and(stop_with_lock);
}

SCENARIO(
	.summary = "a flag is set and signalled without the waiter's lock",
	.hazard = "the change falls between the waiter's test and its wait",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: condition",
	.knobs = {
		{ "tested", DELAY, "0,1ms,5ms", "between the waiter's test and its wait" },
	},
	.variants = {
		{ "unlocked", "the flag is set without the lock", unlocked,
		  { { "*", DEADLOCKS, "the signal may come before the wait" } } },
		{ "locked", "the flag is set under the lock", locked,
		  { { "*", COMPLETES, "the waiter waits before it gives the lock away" } } },
	},
	.refs = { "POSIX.1-2024 pthread_cond_signal()",
		"https://github.com/wpilibsuite/allwpilib/pull/9423" },
);
