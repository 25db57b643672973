/* SPDX-License-Identifier: MIT */
/* cond-wrong-waiter.c: one signal on a condition that two kinds of thread wait for. */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, filled = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t waiting; /* both hold the lock once before they wait */
static bool full, closed;

static void wait_until(const bool *flag, pthread_cond_t *cond)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	while (!*flag)
		CHECK(pthread_cond_wait(cond, &lock) == 0);
	closed = true;
	CHECK(pthread_cond_broadcast(&changed) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void *wait_closed(void *arg)
{
	pthread_barrier_wait(&waiting);
	wait_until(&closed, &changed);
	return arg;
}

static void *wait_full(void *cond)
{
	pthread_barrier_wait(&waiting);
	DELAY_POINT("second-waiter");
	wait_until(&full, cond);
	return NULL;
}

static void fill(int (*wake)(pthread_cond_t *), pthread_cond_t *cond)
{
	pthread_t one, two;

	MUST(pthread_barrier_init(&waiting, NULL, 3) == 0);
	MUST(pthread_create(&one, NULL, wait_closed, NULL) == 0);
	MUST(pthread_create(&two, NULL, wait_full, cond) == 0);
	pthread_barrier_wait(&waiting);
	DELAY_POINT("before-signal");
	CHECK(pthread_mutex_lock(&lock) == 0);
	full = true;
	CHECK(wake(cond) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
	CHECK(pthread_join(two, NULL) == 0);
	CHECK(pthread_join(one, NULL) == 0);
}

/* The hazard: the signal may wake the one who finds that nothing has come for it. */
static void one_condition(void)
{
	fill(pthread_cond_signal, &changed);
}

/* Fix: all are woken, and each tests. */
static void broadcast(void)
{
	fill(pthread_cond_broadcast, &changed);
}

/* Fix: a condition for each thing that is waited for. */
static void two_conditions(void)
{
	fill(pthread_cond_signal, &filled);
}

SCENARIO(
	.summary = "one signal wakes the waiter that it is not meant for",
	.hazard = "pthread_cond_signal() chooses among all waiters of the condition",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: condition + condition",
	.knobs = {
		{ "second-waiter", DELAY, "0,1ms", "before the one that it is meant for waits" },
		{ "before-signal", DELAY, "0,3ms", "before the signal" },
	},
	.variants = {
		{ "signal", "one condition, pthread_cond_signal()", one_condition,
		  { { "*", DEADLOCKS, "the other waiter takes the signal and waits again" } } },
		{ "broadcast", "one condition, pthread_cond_broadcast()", broadcast,
		  { { "*", COMPLETES, "everybody tests" } } },
		{ "two-conditions", "a condition for each purpose", two_conditions,
		  { { "*", COMPLETES, "only the right one waits there" } } },
	},
	.refs = { "POSIX.1-2024 pthread_cond_broadcast(), rationale",
		"https://github.com/AdaptiveCpp/AdaptiveCpp/pull/664" },
);
