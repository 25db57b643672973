/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process ends while it holds a mutex in shared memory; its parent wants it.
 *
 * class: abandoned-lock
 * holder: glibc
 */
#include "tests/targets/target.h"

int main(void)
{
	pthread_mutex_t *lock = target_shared(sizeof(*lock));
	pthread_mutexattr_t attr;
	pid_t pid;

	MUST(pthread_mutexattr_init(&attr) == 0);
	MUST(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	MUST(pthread_mutex_init(lock, &attr) == 0);
	pid = target_fork();
	if (pid == 0) {
		pthread_mutex_lock(lock);
		target_say_holder();
		_exit(0);
	}
	target_reap(pid);
	target_say_last();
	pthread_mutex_lock(lock);
	return 0;
}
