/* SPDX-License-Identifier: MIT */
/* hammer.c: threads that call one function again and again while children are made. */
#include "lib/internal.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

struct hammer {
	void (*step)(void *);
	void *arg;
	unsigned int idle_us;
	sem_t begun;
};

#define HAMMERS_MAX 16
static struct hammer hammers[HAMMERS_MAX];
static unsigned int hammer_count;
static atomic_bool hammer_stopped;
static atomic_uint_fast64_t hammer_steps;
static sem_t hammer_stepped; /* posted by each thread after its first step */
static int64_t hammer_since_ns;

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Taken by who stops the hammers and never given back. Of a type that stores its owner in any libc,
 * so that a report can tell who waits for whom. */
static pthread_mutex_t parking;

/* Sleeps until the process ends. A thread that left would take with it what a report wants to show:
 * who held the lock that the child waits for, and where that thread is now. */
static void hammer_park(void)
{
	pthread_mutex_lock(&parking);
}

static void park_hammers(void)
{
	pthread_mutexattr_t attr;

	if (!hammer_count || atomic_load(&hammer_stopped))
		return;
	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	MUST(pthread_mutex_init(&parking, &attr) == 0);
	MUST(pthread_mutex_lock(&parking) == 0);
}

static void *hammer_main(void *arg)
{
	struct hammer *self = arg;
	bool first = true;

	MUST(sem_post(&self->begun) == 0);
	while (!atomic_load(&hammer_stopped)) {
		self->step(self->arg);
		if (self->idle_us && !atomic_load(&hammer_stopped))
			usleep(self->idle_us);
		atomic_fetch_add(&hammer_steps, 1);
		if (first)
			MUST(sem_post(&hammer_stepped) == 0);
		first = false;
	}
	hammer_park();
	return NULL;
}

/* Asleep, and not by sched_yield() in a loop: the thread waited for may be queued on the very
 * processor that the loop keeps, for as long as a tick of the scheduler. */
static void wait_for(sem_t *event)
{
	while (sem_wait(event) != 0)
		MUST(errno == EINTR);
}

void scenario_hammer(void (*step)(void *), void *arg, unsigned int idle_us)
{
	struct hammer *self = &hammers[hammer_count];
	pthread_t thread;

	MUST(hammer_count++ < HAMMERS_MAX);
	hammer_since_ns = now_ns();
	atomic_store(&hammer_stopped, false);
	self->step = step;
	self->arg = arg;
	self->idle_us = idle_us;
	MUST(sem_init(&self->begun, 0, 0) == 0);
	MUST(pthread_create(&thread, NULL, hammer_main, self) == 0);
	MUST(pthread_detach(thread) == 0);
	wait_for(&self->begun);
}

void scenario_hammer_stop(void)
{
	park_hammers();
	atomic_store(&hammer_stopped, true);
}

static void sleep_until(int64_t at_ns)
{
	const struct timespec at = { .tv_sec = at_ns / INT64_C(1000000000),
		.tv_nsec = at_ns % INT64_C(1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* A fork straight after the threads' start would meet the first call only, and one straight after
 * a call's end its beginning. So: once a call and its idle time are over, for a part of
 * the time that they took. */
void hammer_meet(void)
{
	static bool met;
	int64_t now, mean_ns;

	if (met || !hammer_count)
		return;
	met = true;
	wait_for(&hammer_stepped);
	now = now_ns();
	mean_ns = (now - hammer_since_ns) * hammer_count / (int64_t)atomic_load(&hammer_steps);
	now += (int64_t)(scenario_mix(scenario_seed(), 0) % (uint64_t)(mean_ns + 1));
	sleep_until(now);
}
