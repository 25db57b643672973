/* SPDX-License-Identifier: MIT */
/* mutex-recursive.c: the forking thread itself holds a recursive mutex, and locks it in the child.
 */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t mutex;

static void hold(void)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE) == 0);
	MUST(pthread_mutex_init(&mutex, &attr) == 0);
	MUST(pthread_mutex_lock(&mutex) == 0);
}

static void lock_again(void)
{
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
}

LIBC_SCENARIO(.summary = "a recursive mutex of the forking thread, locked again in the child",
	.hazard = "the owner is known by its thread id, and the child has another one",
	.setup = hold, .child = lock_again,
	.fork = { { "*", DEADLOCKS, "the child's thread id is not the owner's" } },
	.behind = { { "*", MAY, "whether the libc learns that the thread id changed" } },
	.refs = { "POSIX.1-2024 fork(), rationale: mutexes held by the forking thread" }, );
