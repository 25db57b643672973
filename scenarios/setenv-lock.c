/* SPDX-License-Identifier: MIT */
/* setenv-lock.c: a thread is in setenv() at the instant of fork(), and the child calls setenv(). */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* New text each time, too long for a thread's own cache of free memory: setenv() has to allocate,
 * holding its lock, and waits there while fork() holds malloc's. The longer fork() takes to copy
 * the page tables, the likelier it copies a locked environment. */
#define TEXT_SIZE 1500
#define IDLE_US 300 /* between two calls */

static pthread_mutex_t env_mutex = PTHREAD_MUTEX_INITIALIZER;

static void set_variable(void *arg)
{
	static unsigned int count;
	char text[TEXT_SIZE];

	(void)arg;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	snprintf(text, 16, "%u", ++count);
	CHECK(setenv("HANGRATE_TEST", text, 1) == 0);
}

static void set_under_mutex(void *arg)
{
	CHECK(pthread_mutex_lock(&env_mutex) == 0);
	set_variable(arg);
	CHECK(pthread_mutex_unlock(&env_mutex) == 0);
}

static void set_in_child(void *arg)
{
	(void)arg;
	CHECK(setenv("HANGRATE_CHILD", "yes", 1) == 0);
	CHECK(getenv("HANGRATE_CHILD") && !strcmp(getenv("HANGRATE_CHILD"), "yes"));
}

static void set_in_fresh_process(void)
{
	set_in_child(NULL);
}

static void make_child(enum fork_how how, void (*step)(void *))
{
	scenario_grow_heap(KNOB("parent-heap"));
	scenario_stress(step, NULL, IDLE_US);
	scenario_wait(scenario_fork(how, set_in_child, NULL));
}

/* The hazard: the environment has a lock. */
static void make_forked(void)
{
	make_child(FORK, set_variable);
}

/* Fix: the child is a new program. */
static void make_spawned(void)
{
	make_child(FORK_POSIX_SPAWN, set_variable);
}

static void lock_env(void)
{
	pthread_mutex_lock(&env_mutex);
}

static void unlock_env(void)
{
	pthread_mutex_unlock(&env_mutex);
}

/* Fix: no thread is in setenv() at the fork. */
static void fork_with_handlers(void)
{
	MUST(pthread_atfork(lock_env, unlock_env, unlock_env) == 0);
	make_child(FORK, set_under_mutex);
}

SCENARIO(
	.summary = "child calls setenv() while a thread of the parent was in setenv()",
	.hazard = "the environment has a lock that fork() does not know",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: libc-lock @setenv|putenv|environ|envlock",
	.after_fork = true,
	.knobs = {
		{ "parent-heap", SIZE, "0,4M,16M",
		  "touched memory of the parent: fork() copies its page tables" },
	},
	.child = set_in_fresh_process,
	.variants = {
		{ "fork", "fork(); the child calls setenv()", make_forked,
		  { { "glibc", DEADLOCKS, "fork() does not take the environment's lock" },
		    { "musl", COMPLETES, "setenv() takes no lock" } } },
		{ "posix_spawn", "the child is spawned with what it needs", make_spawned,
		  { { "*", COMPLETES, "a new program has its own environment" } } },
		{ "atfork", "a mutex around setenv(), held across fork()", fork_with_handlers,
		  { { "*", COMPLETES, "no thread is in setenv() at the fork" } } },
	},
	.refs = { "POSIX.1-2024 setenv(): need not be thread-safe" },
);
