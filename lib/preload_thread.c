/* SPDX-License-Identifier: MIT */
/*
 * preload_thread.c: the first instructions of a new thread, and its number. What the program gives
 * to pthread_create() is put behind a function of ours, which leaves no frame: it jumps on.
 */
#include "lib/preload.h"

#include <unistd.h>

#define STARTS 64

struct start {
	uint32_t taken;
	int slot; /* of preload_schedule.c; -1: none */
	uint64_t number;
	void *(*function)(void *);
	void *arg;
};

static struct start starts[STARTS];
static uint64_t created;                /* threads by pthread_create() */
static __thread struct start *creating; /* NULL: pthread_create() got what the program gave */

static void *begin(void *arg)
{
	struct start start = *(struct start *)arg;

	__atomic_store_n(&((struct start *)arg)->taken, 0, __ATOMIC_RELEASE);
	preload_rules_thread(start.number + 1);
	if (preload_watching & PRELOAD_WATCH_SCHEDULE)
		preload_schedule_begin(start.slot);
	if (preload_watching & PRELOAD_WATCH_WAKE)
		preload_wake_begin();
	return start.function(start.arg);
}

static struct start *take_start(void)
{
	for (unsigned int i = 0; i < STARTS; i++) {
		uint32_t no = 0;

		if (__atomic_compare_exchange_n(
			    &starts[i].taken, &no, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return &starts[i];
	}
	return NULL;
}

void preload_thread_create(long *function, long *arg)
{
	struct start *s = take_start();

	creating = s;
	if (!s)
		return;
	s->function = (void *(*)(void *)) * function;
	s->arg = (void *)*arg;
	s->number = __atomic_add_fetch(&created, 1, __ATOMIC_RELAXED);
	s->slot = preload_watching & PRELOAD_WATCH_SCHEDULE ? preload_schedule_create() : -1;
	*function = (long)begin;
	*arg = (long)s;
}

void preload_thread_created(bool good)
{
	struct start *s = creating;

	creating = NULL;
	if (!s || good)
		return;
	if (preload_watching & PRELOAD_WATCH_SCHEDULE)
		preload_schedule_not_created(s->slot);
	__atomic_store_n(&s->taken, 0, __ATOMIC_RELEASE);
}
