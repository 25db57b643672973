/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test of docs/ci.md: a worker sleeps until it is told to stop. It is told without the lock, so
 * that the wake-up may come between its look at `stop` and its sleep. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int ready, stop;

static void *worker(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&lock);
	ready = 1;
	while (!stop)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, worker, NULL))
		return 1;
	while (!ready)
		;
	stop = 1;
	pthread_cond_signal(&changed);
	pthread_join(thread, NULL);
	puts("shut down");
	return 0;
}
