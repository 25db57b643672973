/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lock is held across a sleep, while three other threads want it.
 */
#include "tests/targets/target.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t *locked;

static void *want(void *arg)
{
	pthread_barrier_wait(locked);
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	return arg;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pthread_t threads[3];

	locked = target_barrier(4);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < 3; i++)
		threads[i] = target_thread(want, NULL);
	pthread_barrier_wait(locked);
	target_sleep_ms(ms);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
