/* SPDX-License-Identifier: MIT */
/* cond-no-test.c: a condition is waited for without asking whether it holds already. */
#include "lib/scenario.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static sem_t ready_count;
static bool is_ready;

static void *announce(void *arg)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	is_ready = true;
	CHECK(pthread_cond_signal(&ready) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
	CHECK(sem_post(&ready_count) == 0);
	return arg;
}

static void wait_blindly(void)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	CHECK(pthread_cond_wait(&ready, &lock) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void wait_with_test(void)
{
	CHECK(pthread_mutex_lock(&lock) == 0);
	while (!is_ready)
		CHECK(pthread_cond_wait(&ready, &lock) == 0);
	CHECK(pthread_mutex_unlock(&lock) == 0);
}

static void wait_semaphore(void)
{
	CHECK(sem_wait(&ready_count) == 0);
}

static void start_and(void (*wait)(void))
{
	pthread_t thread;

	MUST(sem_init(&ready_count, 0, 0) == 0);
	MUST(pthread_create(&thread, NULL, announce, NULL) == 0);
	DELAY_POINT("before-wait");
	wait();
	CHECK(pthread_join(thread, NULL) == 0);
}

/* The hazard: a signal that nobody waits for is gone. */
static void blind(void)
{
	start_and(wait_blindly);
}

/* Fix: test what is waited for, under the lock, in a loop. */
static void tested(void)
{
	start_and(wait_with_test);
}

/* Fix: a semaphore remembers. */
static void semaphore(void)
{
	start_and(wait_semaphore);
}

SCENARIO(
	.summary = "a condition variable is waited for without a test",
	.hazard = "pthread_cond_signal() wakes who waits now, and is forgotten otherwise",
	.symptom = IN_FUTEX,
	.cause = "lost-wakeup: condition",
	.knobs = { { "before-wait", DELAY, "0,500us,2ms", "before the wait begins" } },
	.variants = {
		{ "blind", "waits without a test", blind,
		  { { "*", DEADLOCKS, "the signal may come before the wait" } } },
		{ "tested", "while (!is_ready) wait", tested,
		  { { "*", COMPLETES, "it does not wait for what has happened" } } },
		{ "semaphore", "sem_post() and sem_wait()", semaphore,
		  { { "*", COMPLETES, "a semaphore counts" } } },
	},
	.refs = { "POSIX.1-2024 pthread_cond_wait(), rationale",
		"https://github.com/llvm/llvm-project/pull/203202" },
);
