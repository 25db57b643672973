/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker holds a rwlock for writing while main forks; the child wants to read.
 * glibc stores the writer; musl stores nobody.
 *
 * class: orphaned-lock
 * lock: table_lock
 * holder: glibc
 */
#include "tests/targets/target.h"

static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t held, forked, work;

static void *worker(void *arg)
{
	pthread_rwlock_wrlock(&table_lock);
	target_say_holder();
	sem_post(&held);
	target_sem_wait(&forked);
	pthread_rwlock_unlock(&table_lock);
	target_say_last();
	target_sem_wait(&work);
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
		pthread_rwlock_rdlock(&table_lock);
		_exit(0);
	}
	sem_post(&forked);
	target_say_last();
	target_reap(pid);
	return 0;
}
