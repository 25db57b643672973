/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread ends while it holds a mutex; main wants it.
 *
 * class: abandoned-lock
 * lock: cache_lock
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;

static void *worker(void *arg)
{
	pthread_mutex_lock(&cache_lock);
	target_say_holder();
	return arg;
}

int main(void)
{
	pthread_join(target_thread(worker, NULL), NULL);
	target_say_last();
	pthread_mutex_lock(&cache_lock);
	return 0;
}
