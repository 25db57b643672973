/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A driver is stopped between a look at its flag and the counting of the request that this let in.
 * After the Bluetooth driver of the KISS paper (Qadeer and Wu, 2004). "ok": look and count under
 * one lock.
 */
#include "tests/targets/race.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pending = 1;
static bool stopping, idle, stopped;

static void leave(void)
{
	int left;

	pthread_mutex_lock(&lock);
	left = --pending;
	pthread_mutex_unlock(&lock);
	if (!left)
		__atomic_store_n(&idle, true, __ATOMIC_SEQ_CST);
}

static bool enter(void)
{
	if (!race_is_ok && __atomic_load_n(&stopping, __ATOMIC_SEQ_CST))
		return false;
	pthread_mutex_lock(&lock);
	if (race_is_ok && stopping) {
		pthread_mutex_unlock(&lock);
		return false;
	}
	pending++;
	pthread_mutex_unlock(&lock);
	return true;
}

static void *stop(void *arg)
{
	pthread_mutex_lock(&lock);
	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&lock);
	leave();
	if (__atomic_load_n(&idle, __ATOMIC_SEQ_CST))
		__atomic_store_n(&stopped, true, __ATOMIC_SEQ_CST);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t stopper;

	race_start(argc, argv);
	stopper = target_thread(stop, NULL);
	if (enter()) {
		race_check(!__atomic_load_n(&stopped, __ATOMIC_SEQ_CST));
		leave();
	}
	pthread_join(stopper, NULL);
	return 0;
}
