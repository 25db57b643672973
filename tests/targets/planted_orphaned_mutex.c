/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker holds a mutex while main forks; the child locks its copy.
 *
 * class: orphaned-lock
 * lock: registry_lock
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t held, forked, work;

static void *worker(void *arg)
{
	pthread_mutex_lock(&registry_lock);
	target_say_holder();
	sem_post(&held);
	target_sem_wait(&forked);
	pthread_mutex_unlock(&registry_lock);
	target_say_last();
	target_sem_wait(&work); /* the next job, which only main could give */
	return arg;
}

int main(void)
{
	pid_t pid;

	sem_init(&held, 0, 0);
	sem_init(&forked, 0, 0);
	sem_init(&work, 0, 0);
	target_thread(worker, NULL);
	target_sem_wait(&held);
	pid = target_fork();
	if (pid == 0) {
		target_say_last();
		pthread_mutex_lock(&registry_lock);
		_exit(0);
	}
	sem_post(&forked);
	target_say_last();
	target_reap(pid);
	return 0;
}
