/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AB-BA between two processes: the mutexes lie in shared memory, which has no symbols.
 *
 * class: lock-cycle
 * holder: glibc
 */
#include "tests/targets/target.h"

int main(void)
{
	pthread_mutex_t *locks = target_shared(2 * sizeof(*locks));
	pthread_barrier_t *both_hold_one = target_barrier(2);
	pthread_mutexattr_t attr;
	pid_t pid;
	int me;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	for (int i = 0; i < 2; i++)
		MUST(pthread_mutex_init(&locks[i], &attr) == 0);
	pid = target_fork();
	me = pid == 0;
	pthread_mutex_lock(&locks[me]);
	target_say_holder();
	pthread_barrier_wait(both_hold_one);
	target_say_last();
	pthread_mutex_lock(&locks[!me]);
	return 0;
}
