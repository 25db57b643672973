/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AB-BA: two threads take two locks in opposite order.
 *
 * class: lock-cycle
 * lock: lock_a|lock_b
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_mutex_t lock_a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_b = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t *both_hold_one;

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	target_say_holder();
	pthread_barrier_wait(both_hold_one);
	target_say_last();
	pthread_mutex_lock(second);
}

static void *other(void *arg)
{
	take(&lock_b, &lock_a);
	return arg;
}

int main(void)
{
	both_hold_one = target_barrier(2);
	target_thread(other, NULL);
	take(&lock_a, &lock_b);
	return 0;
}
