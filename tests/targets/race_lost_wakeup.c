/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The consumer looks at the flag without the lock and waits afterwards: a wake-up that comes in
 * between is lost. "ok": it looks again under the lock.
 */
#include "tests/targets/race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static bool done;

static void *produce(void *arg)
{
	if (race_is_ok)
		pthread_mutex_lock(&lock);
	__atomic_store_n(&done, true, __ATOMIC_SEQ_CST);
	pthread_cond_signal(&ready);
	if (race_is_ok)
		pthread_mutex_unlock(&lock);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t producer;

	race_start(argc, argv);
	producer = target_thread(produce, NULL);
	pthread_mutex_lock(&lock);
	while (!__atomic_load_n(&done, __ATOMIC_SEQ_CST))
		pthread_cond_wait(&ready, &lock);
	pthread_mutex_unlock(&lock);
	pthread_join(producer, NULL);
	return 0;
}
