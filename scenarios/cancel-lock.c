/* SPDX-License-Identifier: MIT */
/* cancel-lock.c: a thread is cancelled while it holds a mutex. */
#include "lib/scenario.h"

#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static int never[2]; /* a pipe that nobody writes to */
static pthread_barrier_t holds;

static void unlock_state(void *arg)
{
	(void)arg;
	pthread_mutex_unlock(&state);
}

static void read_slowly(void)
{
	char byte;

	pthread_barrier_wait(&holds);
	(void)!read(never[0], &byte, 1); /* a cancellation point */
}

static void *without_cleanup(void *arg)
{
	CHECK(pthread_mutex_lock(&state) == 0);
	read_slowly();
	CHECK(pthread_mutex_unlock(&state) == 0);
	return arg;
}

static void *with_cleanup(void *arg)
{
	CHECK(pthread_mutex_lock(&state) == 0);
	pthread_cleanup_push(unlock_state, NULL);
	read_slowly();
	pthread_cleanup_pop(1);
	return arg;
}

static void cancel_and_lock(void *(*worker)(void *))
{
	pthread_t thread;

	MUST(pipe(never) == 0);
	MUST(pthread_barrier_init(&holds, NULL, 2) == 0);
	MUST(pthread_create(&thread, NULL, worker, NULL) == 0);
	pthread_barrier_wait(&holds);
	CHECK(pthread_cancel(thread) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(pthread_mutex_lock(&state) == 0);
	CHECK(pthread_mutex_unlock(&state) == 0);
}

/* The hazard: the thread is gone, its lock stays. */
static void no_cleanup(void)
{
	cancel_and_lock(without_cleanup);
}

/* Fix: a cleanup handler unlocks. */
static void cleanup_handler(void)
{
	cancel_and_lock(with_cleanup);
}

SCENARIO(
	.summary = "a cancelled thread leaves its mutex locked",
	.hazard = "pthread_cancel() runs cleanup handlers and nothing else",
	.symptom = IN_FUTEX,
	.cause = "abandoned-lock: lock",
	.variants = {
		{ "plain", "no cleanup handler", no_cleanup,
		  { { "*", DEADLOCKS, "nobody is left who could unlock" } } },
		{ "cleanup", "pthread_cleanup_push(unlock)", cleanup_handler,
		  { { "*", COMPLETES, "the handler unlocks on the way out" } } },
	},
	.refs = { "POSIX.1-2024 pthread_cleanup_push()",
		"https://github.com/espeak-ng/espeak-ng/pull/563" },
);
