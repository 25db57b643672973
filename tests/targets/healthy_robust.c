/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A robust mutex in shared memory: its owner sleeps and ends without unlocking it, and the kernel
 * hands it on.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pthread_mutex_t *lock = target_shared(sizeof(*lock));
	pthread_barrier_t *locked = target_barrier(2);
	pthread_mutexattr_t attr;
	pid_t pid;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	MUST(pthread_mutex_init(lock, &attr) == 0);
	pid = target_fork();
	if (pid == 0) {
		MUST(pthread_mutex_lock(lock) == 0);
		pthread_barrier_wait(locked);
		target_sleep_ms(ms);
		_exit(0);
	}
	pthread_barrier_wait(locked);
	MUST(pthread_mutex_lock(lock) == EOWNERDEAD);
	target_reap(pid);
	return 0;
}
