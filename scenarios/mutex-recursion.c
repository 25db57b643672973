/* SPDX-License-Identifier: MIT */
/* mutex-recursion.c: a function that holds a mutex calls one that takes it again. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t cache;
static int entries;

static void init_cache(int type)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_settype(&attr, type) == 0);
	MUST(pthread_mutex_init(&cache, &attr) == 0);
}

static void evict_locked(void)
{
	entries = 0;
}

static void evict(void)
{
	CHECK(pthread_mutex_lock(&cache) == 0);
	evict_locked();
	CHECK(pthread_mutex_unlock(&cache) == 0);
}

static void insert(void (*make_room)(void))
{
	CHECK(pthread_mutex_lock(&cache) == 0);
	if (++entries > 0)
		make_room();
	CHECK(pthread_mutex_unlock(&cache) == 0);
}

/* The hazard: evict() is right by itself and wrong inside insert(). */
static void plain(void)
{
	init_cache(PTHREAD_MUTEX_NORMAL);
	insert(evict);
}

/* Fix: the inner function expects the lock to be held. */
static void split(void)
{
	init_cache(PTHREAD_MUTEX_NORMAL);
	insert(evict_locked);
}

/* Fix: a mutex that its owner may take again. */
static void recursive(void)
{
	init_cache(PTHREAD_MUTEX_RECURSIVE);
	insert(evict);
}

SCENARIO(
	.summary = "a thread locks a mutex that it holds already",
	.hazard = "a plain mutex does not know that its owner asks again",
	.symptom = IN_FUTEX,
	.cause = "self-lock: lock; self-lock: lock joined no-owner",
	.variants = {
		{ "plain", "insert() calls evict(), which locks again", plain,
		  { { "*", DEADLOCKS, "the thread waits for itself" } } },
		{ "split", "insert() calls evict_locked()", split,
		  { { "*", COMPLETES, "the mutex is locked once" } } },
		{ "recursive", "PTHREAD_MUTEX_RECURSIVE", recursive,
		  { { "*", COMPLETES, "the owner may lock it again" } } },
	},
	.refs = { "POSIX.1-2024 pthread_mutex_lock()",
		"https://github.com/widelands/widelands/pull/6363" },
);
