/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An io_uring that is neither among the fds nor mapped: a thread has it registered. It writes the
 * byte that the main thread waits for. Only who stops the thread and asks it can know; who does not
 * can know no more than that some ring of the machine is in use.
 *
 * libc: glibc
 * modes: registered|registered_by_thread|never_shown
 */
#include "tests/targets/modes.h"
#include "tests/targets/ring.h"

#include <pthread.h>

static int p[2];
static long after_ms;
static pthread_barrier_t made;

static void registered(long ms)
{
	after_ms = ms;
	MUST(pipe(p) == 0);
	ring_hide(ring_start(p[1], after_ms));
	target_read_byte(p[0]);
}

static void *hide_and_wait(void *arg)
{
	static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

	ring_hide(ring_start(p[1], after_ms));
	pthread_barrier_wait(&made);
	pthread_mutex_lock(&own);
	pthread_mutex_lock(&own);
	return arg;
}

static void registered_by_thread(long ms)
{
	pthread_t thread;

	after_ms = ms;
	MUST(pipe(p) == 0 && pthread_barrier_init(&made, NULL, 2) == 0);
	MUST(pthread_create(&thread, NULL, hide_and_wait, NULL) == 0);
	pthread_barrier_wait(&made);
	target_read_byte(p[0]);
}

static void never_shown(long ms)
{
	MUST(pipe(p) == 0);
	ring_start_unseen(p[1], ms);
	target_read_byte(p[0]);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{ "registered", registered },
		{ "registered_by_thread", registered_by_thread },
		{ "never_shown", never_shown },
		{ NULL, NULL },
	};

	return modes_main(argc, argv, modes);
}
