/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two readers of a rwlock want to write, each before it gives back its read lock. A rwlock counts
 * its readers and does not know them.
 *
 * class: lock-cycle
 * lock: index_lock
 * holder: no
 */
#include "tests/targets/target.h"

static pthread_rwlock_t index_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t *both_read;

static void *upgrade(void *arg)
{
	pthread_rwlock_rdlock(&index_lock);
	pthread_barrier_wait(both_read);
	target_say_last();
	pthread_rwlock_wrlock(&index_lock);
	return arg;
}

int main(void)
{
	both_read = target_barrier(2);
	target_thread(upgrade, NULL);
	upgrade(NULL);
	return 0;
}
