/* SPDX-License-Identifier: MIT */
/* mutex-errorcheck.c: the forking thread itself holds an error-checking mutex, the child unlocks.
 */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t mutex;

static void hold(void)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	MUST(pthread_mutex_init(&mutex, &attr) == 0);
	MUST(pthread_mutex_lock(&mutex) == 0);
}

static void unlock(void)
{
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	CHECK(pthread_mutex_lock(&mutex) == 0);
}

LIBC_SCENARIO(.summary = "an error-checking mutex of the forking thread, unlocked in the child",
	.hazard = "the owner is known by its thread id, and the child has another one",
	.setup = hold, .child = unlock,
	.fork = { { "*", FAILS, "EPERM: the child's thread id is not the owner's" } },
	.behind = { { "*", MAY, "whether the libc learns that the thread id changed" } },
	.refs = { "POSIX.1-2024 fork(), rationale: mutexes held by the forking thread" }, );
