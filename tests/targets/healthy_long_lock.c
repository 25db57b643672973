/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock is held for a long computation.
 */
#include "tests/targets/target.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t *locked;

static void *compute(void *arg)
{
	int64_t until = target_now_ms() + *(long *)arg;

	pthread_mutex_lock(&lock);
	pthread_barrier_wait(locked);
	while (target_now_ms() < until)
		;
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pthread_t thread;

	locked = target_barrier(2);
	thread = target_thread(compute, &ms);
	pthread_barrier_wait(locked);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	return 0;
}
