/* SPDX-License-Identifier: MIT */
/* rwlock-upgrade.c: a reader asks for the write lock without giving its read lock back. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t both_read;
static int version;

static void *upgrade(void *arg)
{
	CHECK(pthread_rwlock_rdlock(&table) == 0);
	pthread_barrier_wait(&both_read);
	CHECK(pthread_rwlock_wrlock(&table) == 0);
	version++;
	CHECK(pthread_rwlock_unlock(&table) == 0);
	return arg;
}

static void *release_and_lock(void *arg)
{
	CHECK(pthread_rwlock_rdlock(&table) == 0);
	pthread_barrier_wait(&both_read);
	CHECK(pthread_rwlock_unlock(&table) == 0);
	CHECK(pthread_rwlock_wrlock(&table) == 0);
	version++; /* what was read before must be read again */
	CHECK(pthread_rwlock_unlock(&table) == 0);
	return arg;
}

static void run_two(void *(*how)(void *))
{
	pthread_t one, two;

	MUST(pthread_barrier_init(&both_read, NULL, 2) == 0);
	MUST(pthread_create(&one, NULL, how, NULL) == 0);
	MUST(pthread_create(&two, NULL, how, NULL) == 0);
	CHECK(pthread_join(one, NULL) == 0);
	CHECK(pthread_join(two, NULL) == 0);
}

/* The hazard: each waits until the other gives its read lock back. */
static void held(void)
{
	run_two(upgrade);
}

/* Fix: give it back, lock anew, and test again. */
static void released(void)
{
	run_two(release_and_lock);
}

SCENARIO(
	.summary = "two readers ask for the write lock",
	.hazard = "a read lock cannot become a write lock while it is held",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: rwlock writes + rwlock writes",
	.variants = {
		{ "upgrade", "wrlock while the read lock is held", held,
		  { { "*", DEADLOCKS, "both wait for both read locks" } } },
		{ "release", "unlock, then wrlock", released,
		  { { "*", COMPLETES, "nobody waits while it holds the lock" } } },
	},
	.refs = { "POSIX.1-2024 pthread_rwlock_wrlock()",
		"https://github.com/osquery/osquery/pull/4721" },
);
