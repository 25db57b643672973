/* SPDX-License-Identifier: MIT */
/* mutex-before-fork.c: the forking thread itself holds the mutex, and the child locks it again. */
#include "lib/scenario.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *try_to_enter(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pthread_mutex_trylock(&mutex);
}

/* What who holds the mutex relies on: no other thread gets in. */
static void check_exclusion(void)
{
	pthread_t other;
	void *result;

	MUST(pthread_create(&other, NULL, try_to_enter, NULL) == 0);
	MUST(pthread_join(other, &result) == 0);
	CHECK((intptr_t)result == EBUSY);
}

static void lock_and_unlock(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_lock(&mutex) == 0);
	CHECK(pthread_mutex_unlock(&mutex) == 0);
}

/* The hazard: the child is a copy of the thread that holds it, and waits for itself. */
static void fork_holding(void)
{
	pid_t pid;

	CHECK(pthread_mutex_lock(&mutex) == 0);
	pid = scenario_fork(FORK, lock_and_unlock, NULL);
	check_exclusion();
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	scenario_wait(pid);
}

/* Fix: what needs the mutex is over before the fork. */
static void fork_after_unlock(void)
{
	pid_t pid;

	CHECK(pthread_mutex_lock(&mutex) == 0);
	check_exclusion();
	CHECK(pthread_mutex_unlock(&mutex) == 0);
	pid = scenario_fork(FORK, lock_and_unlock, NULL);
	scenario_wait(pid);
}

static void try_lock(void)
{
	pthread_mutex_trylock(&mutex); /* EBUSY: this thread has it already, "so all is well" */
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

/* A published cure. The child gets an unlocked mutex and does not hang; but the parent's handler
 * unlocks as well, in the middle of what the parent does under the lock. */
static void fork_with_trylock_handlers(void)
{
	MUST(pthread_atfork(try_lock, unlock, unlock) == 0);
	fork_holding();
}

SCENARIO(
	.summary = "child locks a mutex that the forking thread itself held",
	.hazard = "the child's only thread waits for an owner that is its own copy",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: lock before-fork; = mutex-held",
	.after_fork = true,
	.variants = {
		{ "fork", "lock, fork(); the child locks again", fork_holding,
		  { { "*", DEADLOCKS, "a default mutex waits, also for its own owner" } } },
		{ "unlock-first", "the mutex is not held across fork()", fork_after_unlock,
		  { { "*", COMPLETES, "the child gets an unlocked mutex" } } },
		{ "trylock-handlers", "prepare tries the lock, both sides unlock",
		  fork_with_trylock_handlers,
		  { { "*", FAILS, "the parent's handler unlocks what the parent still uses" } } },
	},
	.refs = { "POSIX.1-2024 pthread_atfork(), rationale" },
);
