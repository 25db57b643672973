/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker holds a FILE's lock while main forks; the child prints. glibc resets the FILE locks of
 * a child, musl leaves them as they are, with the owner's tid in the word.
 *
 * libc: musl
 * class: orphaned-lock
 * lock: stderr|FILE|stdio
 * holder: yes
 */
#include "tests/targets/target.h"

static sem_t held, forked, work;

static void *worker(void *arg)
{
	flockfile(stderr);
	target_say_holder();
	sem_post(&held);
	target_sem_wait(&forked);
	funlockfile(stderr);
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
		fputs("child\n", stderr);
		_exit(0);
	}
	sem_post(&forked);
	target_say_last();
	target_reap(pid);
	return 0;
}
