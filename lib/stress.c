/* SPDX-License-Identifier: MIT */
/* stress.c: threads that call one function again and again while children are made. */
#include "lib/internal.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

struct stress {
	void (*step)(void *);
	void *arg;
	unsigned int idle_us;
	sem_t begun;
};

#define STRESS_THREADS_MAX 16
static struct stress stress_threads[STRESS_THREADS_MAX];
static unsigned int stress_count;
static atomic_bool stress_stopped;
static atomic_uint_fast64_t stress_steps;
static sem_t stress_stepped; /* posted by each thread after its first step of a bout */
/* From a start to the stop after it. */
static atomic_uint stress_bout = 1;
static int64_t stress_since_ns;
static bool stress_met; /* in this bout */

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Held while the stress threads are parked. Of a type that stores its owner in any libc, so that a
 * report can tell who waits for whom. */
static pthread_mutex_t parking;

/* Sleeps until the next bout, if there is one. It must not exit: a report wants to show which
 * thread held the lock that the child waits for, and where that thread is now. */
static void stress_park(void)
{
	pthread_mutex_lock(&parking);
	pthread_mutex_unlock(&parking);
}

static void make_parking(void)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
	MUST(pthread_mutex_init(&parking, &attr) == 0);
}

static void *stress_main(void *arg)
{
	struct stress *self = arg;
	unsigned int told = 0, bout;

	MUST(sem_post(&self->begun) == 0);
	for (;;) {
		if (atomic_load(&stress_stopped))
			stress_park();
		self->step(self->arg);
		if (self->idle_us && !atomic_load(&stress_stopped))
			usleep(self->idle_us);
		atomic_fetch_add(&stress_steps, 1);
		bout = atomic_load(&stress_bout);
		if (told != bout)
			MUST(sem_post(&stress_stepped) == 0);
		told = bout;
	}
	return NULL;
}

/* Sleeps. A loop of sched_yield() could keep the CPU that the awaited thread is queued on, for a
 * tick of the scheduler. */
static void wait_for(sem_t *event)
{
	while (sem_wait(event) != 0)
		MUST(errno == EINTR);
}

void scenario_stress(void (*step)(void *), void *arg, unsigned int idle_us)
{
	struct stress *self = &stress_threads[stress_count];
	pthread_t thread;

	if (!stress_count)
		make_parking();
	MUST(stress_count++ < STRESS_THREADS_MAX);
	stress_since_ns = now_ns();
	atomic_store(&stress_stopped, false);
	self->step = step;
	self->arg = arg;
	self->idle_us = idle_us;
	MUST(sem_init(&self->begun, 0, 0) == 0);
	MUST(pthread_create(&thread, NULL, stress_main, self) == 0);
	MUST(pthread_detach(thread) == 0);
	wait_for(&self->begun);
}

void scenario_stress_stop(void)
{
	if (!stress_count || atomic_load(&stress_stopped))
		return;
	MUST(pthread_mutex_lock(&parking) == 0);
	atomic_store(&stress_stopped, true);
}

void stress_go_on(void)
{
	if (!atomic_load(&stress_stopped))
		return;
	while (sem_trywait(&stress_stepped) == 0)
		;
	stress_met = false;
	stress_since_ns = now_ns();
	atomic_store(&stress_steps, 0);
	atomic_fetch_add(&stress_bout, 1);
	atomic_store(&stress_stopped, false);
	MUST(pthread_mutex_unlock(&parking) == 0);
}

static void sleep_until(int64_t at_ns)
{
	const struct timespec at = { .tv_sec = at_ns / INT64_C(1000000000),
		.tv_nsec = at_ns % INT64_C(1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* A fork right after the threads' start would always meet the first call, and one right after a
 * call's end always the next one's beginning. So it waits for one call and its idle time to end,
 * and then for a random part of the time that they took. */
void stress_meet(void)
{
	uint64_t steps, bout = atomic_load(&stress_bout);
	int64_t now, mean_ns;

	if (stress_met || !stress_count)
		return;
	stress_met = true;
	wait_for(&stress_stepped);
	now = now_ns();
	steps = atomic_load(&stress_steps); /* 0: the one that told began it before this bout */
	mean_ns = (now - stress_since_ns) * stress_count / (int64_t)(steps ? steps : 1);
	now += (int64_t)(scenario_mix(scenario_seed(), bout - 1) % (uint64_t)(mean_ns + 1));
	sleep_until(now);
}
