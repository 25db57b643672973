/* SPDX-License-Identifier: MIT */
/* rwlock-recursive.c: a reader reads again while a writer waits between the two. */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_rwlock_t table;

static void init_table(bool writers_first)
{
	pthread_rwlockattr_t attr;

	MUST(pthread_rwlockattr_init(&attr) == 0);
#ifdef __GLIBC__
	if (writers_first)
		MUST(pthread_rwlockattr_setkind_np(
			     &attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP) == 0);
#else
	if (writers_first)
		scenario_skip("this libc has no read-write lock that prefers writers");
#endif
	MUST(pthread_rwlock_init(&table, &attr) == 0);
}

static void *update(void *arg)
{
	CHECK(pthread_rwlock_wrlock(&table) == 0);
	CHECK(pthread_rwlock_unlock(&table) == 0);
	return arg;
}

static void look_up(bool again)
{
	pthread_t writer;

	CHECK(pthread_rwlock_rdlock(&table) == 0);
	MUST(pthread_create(&writer, NULL, update, NULL) == 0);
	DELAY_POINT("writer-waits");
	if (again) {
		CHECK(pthread_rwlock_rdlock(&table) == 0);
		CHECK(pthread_rwlock_unlock(&table) == 0);
	}
	CHECK(pthread_rwlock_unlock(&table) == 0);
	CHECK(pthread_join(writer, NULL) == 0);
}

/* The hazard: the second read lock waits behind the writer, which waits for the first. */
static void writers_first(void)
{
	init_table(true);
	look_up(true);
}

/* A lock that prefers readers lets it through, and may starve writers. */
static void readers_first(void)
{
	init_table(false);
	look_up(true);
}

/* Fix: read-locked once. */
static void once(void)
{
	init_table(true);
	look_up(false);
}

SCENARIO(
	.summary = "a read lock is taken again while a writer waits",
	.hazard = "a lock that prefers writers makes the second read lock wait behind the writer",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: rwlock reads + rwlock writes",
	.knobs = { { "writer-waits", DELAY, "0,1ms,3ms", "time for the writer to come" } },
	.variants = {
		{ "writers-first", "the lock prefers writers", writers_first,
		  { { "glibc", DEADLOCKS, "the writer waits for the first read lock" } } },
		{ "readers-first", "the lock prefers readers", readers_first,
		  { { "*", COMPLETES, "a read lock never waits for a waiting writer" } } },
		{ "once", "the reader locks once", once,
		  { { "glibc", COMPLETES, "nothing is waited for while the lock is held" } } },
	},
	.refs = { "pthread_rwlockattr_setkind_np(3)",
		"https://github.com/arangodb/arangodb/pull/14134" },
);
