/* SPDX-License-Identifier: MIT */
/* lock-order.c: two threads take the same two mutexes, each in its own order. */
#include "lib/scenario.h"

#include <pthread.h>
#include <sched.h>

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;

static void lock_both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	CHECK(pthread_mutex_lock(first) == 0);
	DELAY_POINT("between-locks");
	CHECK(pthread_mutex_lock(second) == 0);
	CHECK(pthread_mutex_unlock(second) == 0);
	CHECK(pthread_mutex_unlock(first) == 0);
}

static void *transfer(void *arg)
{
	lock_both(&accounts, &journal);
	return arg;
}

static void *audit(void *arg)
{
	lock_both(&journal, &accounts);
	return arg;
}

/* Gives back what it has where the second mutex is taken, and begins anew. */
static void *audit_with_trylock(void *arg)
{
	for (;;) {
		CHECK(pthread_mutex_lock(&journal) == 0);
		DELAY_POINT("between-locks");
		if (pthread_mutex_trylock(&accounts) == 0)
			break;
		CHECK(pthread_mutex_unlock(&journal) == 0);
		sched_yield();
	}
	CHECK(pthread_mutex_unlock(&accounts) == 0);
	CHECK(pthread_mutex_unlock(&journal) == 0);
	return arg;
}

static void run_both(void *(*a)(void *), void *(*b)(void *))
{
	pthread_t one, two;

	MUST(pthread_create(&one, NULL, a, NULL) == 0);
	MUST(pthread_create(&two, NULL, b, NULL) == 0);
	CHECK(pthread_join(one, NULL) == 0);
	CHECK(pthread_join(two, NULL) == 0);
}

/* The hazard: each may have its first mutex when it wants the other's. */
static void opposite(void)
{
	run_both(transfer, audit);
}

/* Fix: one order for everybody. */
static void one_order(void)
{
	run_both(transfer, transfer);
}

/* Fix: a thread that goes against the order does not wait. */
static void back_off(void)
{
	run_both(transfer, audit_with_trylock);
}

SCENARIO(
	.summary = "two threads take two mutexes in opposite order",
	.hazard = "each thread holds the mutex that the other one waits for",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: lock + lock",
	.knobs = {
		{ "between-locks", DELAY, "0,200us,2ms", "between the first and the second mutex" },
	},
	.variants = {
		{ "opposite", "accounts then journal; journal then accounts", opposite,
		  { { "*", DEADLOCKS, "both threads can be between their two locks" } } },
		{ "one-order", "both take accounts first", one_order,
		  { { "*", COMPLETES, "who has accounts can always get journal" } } },
		{ "trylock", "the one against the order gives back and tries again", back_off,
		  { { "*", COMPLETES, "it never waits while it holds something" } } },
	},
	.refs = { "https://en.wikipedia.org/wiki/Deadlock_(computer_science)",
		"https://github.com/ofiwg/libfabric/pull/6199" },
);
