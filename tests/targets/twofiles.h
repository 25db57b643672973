/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * twofiles.h: two processes that lock two files in opposite order, for the planted file-lock
 * cycles.
 */
#ifndef TESTS_TWOFILES_H
#define TESTS_TWOFILES_H

#include "tests/targets/target.h"

#include <limits.h>
#include <sys/file.h>

/* lock(fd, first): takes the whole file; first tells a process's first lock from its second. */
static inline void twofiles_cross(void (*lock)(int fd, int which))
{
	char path[2][TARGET_PATH_MAX];
	pthread_barrier_t *meet = target_barrier(2);
	pid_t pid;
	int fd[2], me;

	for (int i = 0; i < 2; i++) {
		fd[i] = mkstemp(target_path(path[i], "hangrate-target-XXXXXX"));
		MUST(fd[i] >= 0);
		close(fd[i]);
	}
	pid = target_fork();
	me = pid == 0;
	/* Opened after the fork: a lock belongs to the open file, which must not be shared. */
	for (int i = 0; i < 2; i++) {
		fd[i] = open(path[i], O_RDWR | O_CLOEXEC);
		MUST(fd[i] >= 0);
	}
	pthread_barrier_wait(meet);
	unlink(path[me]);
	lock(fd[me], me);
	target_say_holder();
	pthread_barrier_wait(meet);
	target_say_last();
	lock(fd[!me], !me);
	_exit(0);
}

#endif
