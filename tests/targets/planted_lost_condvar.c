/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A condition variable is signalled before main waits on it, and main does not look at a predicate.
 * musl waits on a word of the waiting stack, which only the function around it names.
 *
 * class: lost-wakeup
 * lock: job_ready|pthread_cond
 * holder: no
 */
#include "tests/targets/target.h"

static pthread_mutex_t job_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t job_ready = PTHREAD_COND_INITIALIZER;

static void *producer(void *arg)
{
	pthread_mutex_lock(&job_lock);
	pthread_cond_signal(&job_ready);
	pthread_mutex_unlock(&job_lock);
	return arg;
}

int main(void)
{
	pthread_join(target_thread(producer, NULL), NULL);
	pthread_mutex_lock(&job_lock);
	target_say_last();
	pthread_cond_wait(&job_ready, &job_lock);
	return 0;
}
