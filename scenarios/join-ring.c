/* SPDX-License-Identifier: MIT */
/* join-ring.c: three threads, each joins the next. */
#include "lib/scenario.h"

#include <pthread.h>
#include <stdbool.h>

#define THREADS 3

static pthread_t thread[THREADS];
static pthread_barrier_t started;
static bool closed_ring;

static void *join_next(void *arg)
{
	int n = (int)(intptr_t)arg;

	pthread_barrier_wait(&started); /* thread[] is filled */
	if (n + 1 < THREADS)
		CHECK(pthread_join(thread[n + 1], NULL) == 0);
	else if (closed_ring)
		CHECK(pthread_join(thread[0], NULL) == 0);
	return NULL;
}

static void start(bool closed)
{
	closed_ring = closed;
	MUST(pthread_barrier_init(&started, NULL, THREADS + 1) == 0);
	for (int i = 0; i < THREADS; i++)
		MUST(pthread_create(&thread[i], NULL, join_next, (void *)(intptr_t)i) == 0);
	pthread_barrier_wait(&started);
}

/* The hazard: libcs refuse a ring of two with EDEADLK; nobody looks for longer ones. */
static void ring(void)
{
	start(true);
	pthread_exit(NULL); /* the three are all that is left */
}

/* Fix: the thread that starts others joins them. */
static void chain(void)
{
	start(false);
	CHECK(pthread_join(thread[0], NULL) == 0);
}

SCENARIO(
	.summary = "threads join each other around a ring",
	.hazard = "each thread waits for the end of the next one",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: join + join",
	.variants = {
		{ "ring", "the last joins the first", ring,
		  { { "*", DEADLOCKS, "none can end before the others" } } },
		{ "chain", "the last joins nobody", chain,
		  { { "*", COMPLETES, "the last one ends, then the one before" } } },
	},
	.refs = { "POSIX.1-2024 pthread_join()",
		"https://github.com/llvm/llvm-project/issues/194034" },
);
