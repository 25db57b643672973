/* SPDX-License-Identifier: MIT */
/* barrier-size.c: a barrier waits for more threads than there are. */
#include "lib/scenario.h"

#include <pthread.h>

#define WORKERS 3

static pthread_barrier_t step;

static void *work(void *arg)
{
	pthread_barrier_wait(&step);
	return arg;
}

static void run(unsigned int members)
{
	pthread_t thread[WORKERS];

	MUST(pthread_barrier_init(&step, NULL, members) == 0);
	for (int i = 0; i < WORKERS; i++)
		MUST(pthread_create(&thread[i], NULL, work, NULL) == 0);
	for (int i = 0; i < WORKERS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
}

/* The hazard: the main thread was counted, and does not come. */
static void one_too_many(void)
{
	run(WORKERS + 1);
}

/* Fix: as many as call pthread_barrier_wait(). */
static void right_size(void)
{
	run(WORKERS);
}

SCENARIO(
	.summary = "a barrier for one thread more than come to it",
	.hazard = "a barrier opens only when all that it was made for have come",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: barrier",
	.variants = {
		{ "too-many", "the main thread is counted", one_too_many,
		  { { "*", DEADLOCKS, "nobody else will come" } } },
		{ "right", "the workers alone are counted", right_size,
		  { { "*", COMPLETES, "the last worker opens it" } } },
	},
	.refs = { "POSIX.1-2024 pthread_barrier_wait()" },
);
