/* SPDX-License-Identifier: MIT */
/* lock-order-three.c: three threads in a ring, each needs its own fork and that of its neighbour.
 */
#include "lib/scenario.h"

#include <pthread.h>
#include <semaphore.h>

#define SEATS 3

static pthread_mutex_t forks[SEATS] = {
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
	PTHREAD_MUTEX_INITIALIZER,
};
static sem_t chairs;

static void eat_with(int first, int second)
{
	CHECK(pthread_mutex_lock(&forks[first]) == 0);
	DELAY_POINT("one-fork");
	CHECK(pthread_mutex_lock(&forks[second]) == 0);
	CHECK(pthread_mutex_unlock(&forks[second]) == 0);
	CHECK(pthread_mutex_unlock(&forks[first]) == 0);
}

static void *left_first(void *seat)
{
	int n = (int)(intptr_t)seat;

	eat_with(n, (n + 1) % SEATS);
	return NULL;
}

static void *lowest_first(void *seat)
{
	int n = (int)(intptr_t)seat, next = (n + 1) % SEATS;

	eat_with(n < next ? n : next, n < next ? next : n);
	return NULL;
}

static void *left_first_seated(void *seat)
{
	CHECK(sem_wait(&chairs) == 0);
	left_first(seat);
	CHECK(sem_post(&chairs) == 0);
	return NULL;
}

static void dine(void *(*how)(void *))
{
	pthread_t thread[SEATS];

	for (int i = 0; i < SEATS; i++)
		MUST(pthread_create(&thread[i], NULL, how, (void *)(intptr_t)i) == 0);
	for (int i = 0; i < SEATS; i++)
		CHECK(pthread_join(thread[i], NULL) == 0);
}

/* The hazard: no two threads disagree about an order, and yet the three form a ring. */
static void ring(void)
{
	dine(left_first);
}

/* Fix: the mutexes have numbers, and everybody takes the lower number first. */
static void numbered(void)
{
	dine(lowest_first);
}

/* Fix: one less than all may try at the same time. */
static void seated(void)
{
	MUST(sem_init(&chairs, 0, SEATS - 1) == 0);
	dine(left_first_seated);
}

SCENARIO(
	.summary = "three threads take three mutexes around a ring",
	.hazard = "each thread holds one mutex and waits for that of its neighbour",
	.symptom = IN_FUTEX,
	.cause = "lock-cycle: lock + lock + lock",
	.knobs = {
		{ "one-fork", DELAY, "0,200us,2ms", "between the first and the second mutex" },
	},
	.variants = {
		{ "ring", "each takes the left one first", ring,
		  { { "*", DEADLOCKS, "all three can hold their left one" } } },
		{ "numbered", "each takes the lower number first", numbered,
		  { { "*", COMPLETES, "an order of all locks leaves no ring" } } },
		{ "seated", "a semaphore lets two of three in", seated,
		  { { "*", COMPLETES, "one of two always finds both free" } } },
	},
	.refs = { "E. W. Dijkstra, EWD310: Hierarchical ordering of sequential processes",
		"https://github.com/mariadb-corporation/galera/issues/603" },
);
