/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AB-BA with priority inheritance on one side only: the kernel, which follows a chain of PI locks
 * and refuses a ring of them, can't see through the ordinary one. The wait is FUTEX_LOCK_PI.
 *
 * class: lock-cycle
 * lock: pi_lock|plain_lock
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_mutex_t pi_lock;
static pthread_mutex_t plain_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t *both_hold_one;

static void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	MUST(pthread_mutex_lock(first) == 0);
	target_say_holder();
	pthread_barrier_wait(both_hold_one);
	target_say_last();
	MUST(pthread_mutex_lock(second) == 0);
}

static void *other(void *arg)
{
	take(&plain_lock, &pi_lock);
	return arg;
}

int main(void)
{
	pthread_mutexattr_t attr;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) == 0);
	MUST(pthread_mutex_init(&pi_lock, &attr) == 0);
	both_hold_one = target_barrier(2);
	target_thread(other, NULL);
	take(&pi_lock, &plain_lock);
	return 0;
}
