/* SPDX-License-Identifier: MIT */
/* once-joins-thread.c: a static initialiser starts a thread that needs what is being initialised,
 * and joins it. The same as a C++ local static whose constructor does so. */
#include "lib/scenario.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int limit; /* set by init() */

static void init(void);

static int get_limit(void)
{
	CHECK(pthread_once(&once, init) == 0);
	return limit;
}

static void *use_limit(void *arg)
{
	(void)arg;
	CHECK(get_limit() == 1);
	return NULL;
}

static void *use_argument(void *arg)
{
	CHECK(*(int *)arg == 1);
	return NULL;
}

static void *(*measure)(void *arg);

static void init(void)
{
	pthread_t thread;
	int value = 1;

	MUST(pthread_create(&thread, NULL, measure, &value) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	limit = value;
}

/* The hazard: the thread waits for the end of init(), and init() for the end of the thread. */
static void thread_calls_getter(void)
{
	measure = use_limit;
	CHECK(get_limit() == 1);
}

/* Fix: the thread is given what it needs. */
static void thread_is_given(void)
{
	measure = use_argument;
	CHECK(get_limit() == 1);
}

/* Fix: the value is initialised first; threads start afterwards. */
static void thread_after_init(void)
{
	pthread_t thread;

	measure = use_argument;
	CHECK(get_limit() == 1);
	MUST(pthread_create(&thread, NULL, use_limit, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

SCENARIO(
	.summary = "an initialiser joins a thread that needs what is initialised",
	.hazard = "all other threads wait until the initialiser returns, also the one that it joins",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: once + join",
	.variants = {
		{ "getter", "the thread calls the getter", thread_calls_getter,
		  { { "*", DEADLOCKS, "initialiser and thread wait for each other" } } },
		{ "argument", "the thread gets the value as its argument", thread_is_given,
		  { { "*", COMPLETES, "the thread waits for nothing" } } },
		{ "afterwards", "the thread starts after the initialiser", thread_after_init,
		  { { "*", COMPLETES, "the value is there already" } } },
	},
	.refs = { "POSIX.1-2024 pthread_once()",
		"https://github.com/equeim/tremotesf2/pull/191" },
);
