/* SPDX-License-Identifier: MIT */
/* mutex-held.c: a worker holds a mutex at the instant main forks, and the child wants it. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;

#define IDLE_US 300 /* between two uses: a lock of a busy program is free most of the time */

static void work(int units)
{
	for (volatile int i = 0; i < units; i++)
		;
}

static void hold_registry(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_lock(&registry) == 0);
	work(2000);
	DELAY_POINT("holding-registry");
	CHECK(pthread_mutex_unlock(&registry) == 0);
}

static void use_registry(void *arg)
{
	(void)arg;
	CHECK(pthread_mutex_lock(&registry) == 0);
	CHECK(pthread_mutex_unlock(&registry) == 0);
}

static void use_registry_afresh(void)
{
	use_registry(NULL);
}

/* The hazard: fork whenever it happens to be. */
static void fork_while_held(void)
{
	scenario_stress(hold_registry, NULL, IDLE_US);
	scenario_wait(scenario_fork(FORK, use_registry, NULL));
}

static void lock_registry(void)
{
	pthread_mutex_lock(&registry);
}

static void unlock_registry(void)
{
	pthread_mutex_unlock(&registry);
}

/* Fix: the forking thread itself owns it at the fork, in the parent and in the child. */
static void fork_with_handlers(void)
{
	MUST(pthread_atfork(lock_registry, unlock_registry, unlock_registry) == 0);
	scenario_stress(hold_registry, NULL, IDLE_US);
	scenario_wait(scenario_fork(FORK, use_registry, NULL));
}

/* Fix: the child is a new program with a mutex of its own. */
static void fork_then_exec(void)
{
	scenario_stress(hold_registry, NULL, IDLE_US);
	scenario_wait(scenario_fork(FORK_EXEC, NULL, NULL));
}

static void spawn(void)
{
	scenario_stress(hold_registry, NULL, IDLE_US);
	scenario_wait(scenario_fork(FORK_POSIX_SPAWN, NULL, NULL));
}

SCENARIO(
	.summary = "child locks a mutex that another thread held at fork()",
	.hazard = "fork() copies a locked mutex without the thread that would unlock it",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: lock",
	.after_fork = true,
	.knobs = {
		{ "holding-registry", DELAY, "0,100us,5ms", "how long the worker keeps the mutex" },
	},
	.child = use_registry_afresh,
	.variants = {
		{ "fork", "plain fork()", fork_while_held,
		  { { "*", DEADLOCKS, "no libc knows an application's mutex" } } },
		{ "atfork", "handlers hold it across fork()", fork_with_handlers,
		  { { "*", COMPLETES, "the forking thread owns it on both sides" } } },
		{ "exec", "fork(), and the child execs before it locks", fork_then_exec,
		  { { "*", COMPLETES, "a new program has its own, unlocked mutex" } } },
		{ "posix_spawn", "posix_spawn()", spawn,
		  { { "*", COMPLETES, "a new program has its own, unlocked mutex" } } },
	},
	.refs = { "POSIX.1-2024 fork(), rationale", "https://github.com/o3de/o3de/pull/4833" },
);
