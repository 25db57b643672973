/* SPDX-License-Identifier: MIT */
/* sem-error-path.c: a slot is taken, the work fails, and the way out forgets to give it back. */
#include "lib/scenario.h"

#include <semaphore.h>
#include <stdbool.h>

static sem_t slots;

static bool work(int request)
{
	return request != 1; /* the second request is a bad one */
}

static void serve_forgetting(int request)
{
	CHECK(sem_wait(&slots) == 0);
	if (!work(request))
		return;
	CHECK(sem_post(&slots) == 0);
}

static void serve(int request)
{
	CHECK(sem_wait(&slots) == 0);
	(void)work(request);
	CHECK(sem_post(&slots) == 0);
}

static void serve_all(void (*how)(int))
{
	MUST(sem_init(&slots, 0, 1) == 0);
	for (int request = 0; request < 3; request++)
		how(request);
}

/* The hazard: each failed request costs a slot, until none is left. */
static void forgotten(void)
{
	serve_all(serve_forgetting);
}

/* Fix: one way out, which posts. */
static void one_exit(void)
{
	serve_all(serve);
}

SCENARIO(
	.summary = "a semaphore is not posted when the work fails",
	.hazard = "an early return keeps the slot for ever",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: semaphore",
	.variants = {
		{ "early-return", "the error path returns without sem_post()", forgotten,
		  { { "*", DEADLOCKS, "no thread is left that would post" } } },
		{ "one-exit", "every path posts", one_exit,
		  { { "*", COMPLETES, "the slot comes back whatever happens" } } },
	},
	.refs = { "POSIX.1-2024 sem_wait()", "https://github.com/ollama/ollama/pull/10005" },
);
