/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * order.c MODE: two or three threads take locks in orders that deadlock, or that cannot. Each
 * thread ends its part before the next begins, where no mode says otherwise: no trial hangs by
 * itself. Modes named ok_ are healthy, and nothing may be predicted of them.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
		       c = PTHREAD_MUTEX_INITIALIZER, gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER, s = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t one, other, two, empty;
static volatile int turn;

static void take_two(pthread_mutex_t *x, pthread_mutex_t *y)
{
	pthread_mutex_lock(x);
	pthread_mutex_lock(y);
	pthread_mutex_unlock(y);
	pthread_mutex_unlock(x);
}

/* A wait that no library sees: the first thread goes first. Held up, the second one comes anyway.
 */
static void after_the_first(int me)
{
	struct timespec ms = { 0, 1000000 };

	for (int i = 0; me && !turn && i < 50; i++)
		nanosleep(&ms, NULL);
}

static void mutexes(int me)
{
	if (me)
		take_two(&b, &a);
	else
		take_two(&a, &b);
}

static void three(int me)
{
	static pthread_mutex_t *const order[] = { &a, &b, &c };

	take_two(order[me], order[(me + 1) % 3]);
}

static void rw(int me)
{
	pthread_rwlock_t *first = me ? &s : &r, *second = me ? &r : &s;

	pthread_rwlock_rdlock(first);
	pthread_rwlock_wrlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

static void read_read(int me)
{
	pthread_rwlock_t *first = me ? &s : &r, *second = me ? &r : &s;

	pthread_rwlock_rdlock(first);
	pthread_rwlock_rdlock(second);
	pthread_rwlock_unlock(second);
	pthread_rwlock_unlock(first);
}

static void semaphores(int me)
{
	sem_t *first = me ? &other : &one, *second = me ? &one : &other;

	sem_wait(first);
	sem_wait(second);
	sem_post(second);
	sem_post(first);
}

/* One is let in twice, so it is no lock. */
static void counting(int me)
{
	sem_t *first = me ? &two : &one, *second = me ? &one : &two;

	sem_wait(first);
	sem_wait(second);
	sem_post(second);
	sem_post(first);
}

/* Handed on: who waits for it is not who posts it. */
static void handed(int me)
{
	if (me) {
		pthread_mutex_lock(&a);
		sem_post(&empty);
		pthread_mutex_unlock(&a);
	} else {
		sem_wait(&empty);
		pthread_mutex_lock(&a);
		pthread_mutex_unlock(&a);
	}
}

static void gated(int me)
{
	pthread_mutex_lock(&gate);
	mutexes(me);
	pthread_mutex_unlock(&gate);
}

static void try_second(int me)
{
	pthread_mutex_t *first = me ? &b : &a, *second = me ? &a : &b;

	pthread_mutex_lock(first);
	if (pthread_mutex_trylock(second) == 0)
		pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

static void timed_second(int me)
{
	pthread_mutex_t *first = me ? &b : &a, *second = me ? &a : &b;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(first);
	if (pthread_mutex_timedlock(second, &until) == 0)
		pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

/* Taken by a try, it is held as any other. */
static void try_first(int me)
{
	pthread_mutex_t *first = me ? &b : &a, *second = me ? &a : &b;

	while (pthread_mutex_trylock(first))
		;
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}

/* The second time it is held already. */
static void again(int me)
{
	pthread_mutex_lock(&recursive);
	pthread_mutex_lock(&a);
	pthread_mutex_lock(&recursive);
	pthread_mutex_unlock(&recursive);
	pthread_mutex_unlock(&a);
	pthread_mutex_unlock(&recursive);
	(void)me;
}

static void same_order(int me)
{
	take_two(&a, &b);
	(void)me;
}

static void spinning(int me)
{
	pthread_spin_lock(&spin);
	pthread_mutex_lock(&a);
	pthread_mutex_unlock(&a);
	pthread_spin_unlock(&spin);
	(void)me;
}

static const struct mode {
	const char *name;
	void (*part)(int me);
	int threads;
	int joined; /* each before the next is made */
} modes[] = {
	{ "mutex", mutexes, 2, 0 },
	{ "three", three, 3, 0 },
	{ "rwlock", rw, 2, 0 },
	{ "semaphore", semaphores, 2, 0 },
	{ "try_first", try_first, 2, 0 },
	{ "ok_gate", gated, 2, 0 },
	{ "ok_joined", mutexes, 2, 1 },
	{ "ok_order", same_order, 2, 0 },
	{ "ok_try", try_second, 2, 0 },
	{ "ok_timed", timed_second, 2, 0 },
	{ "ok_recursive", again, 2, 0 },
	{ "ok_readers", read_read, 2, 0 },
	{ "ok_counting", counting, 2, 0 },
	{ "ok_handed", handed, 2, 0 },
	{ "ok_spin", spinning, 2, 0 },
};

static const struct mode *mode;

static void *run(void *arg)
{
	int me = (int)(long)arg;

	if (mode->part != handed)
		after_the_first(me);
	mode->part(me);
	if (!me)
		turn = 1;
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attr;
	pthread_t t[3];

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (argc > 1 && !strcmp(argv[1], modes[i].name))
			mode = &modes[i];
	if (!mode)
		return 2;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&recursive, &attr);
	pthread_spin_init(&spin, 0);
	sem_init(&one, 0, 1);
	sem_init(&other, 0, 1);
	sem_init(&two, 0, 2);
	sem_init(&empty, 0, 0);
	for (long i = 0; i < mode->threads; i++) {
		pthread_create(&t[i], NULL, run, (void *)i);
		if (mode->joined)
			pthread_join(t[i], NULL);
	}
	for (int i = 0; i < mode->threads && !mode->joined; i++)
		pthread_join(t[i], NULL);
	return 0;
}
