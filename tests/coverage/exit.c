/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exit.c: linked into everything that is built with COV=1. gcov writes its counts at exit(), but a
 * trial leaves by _exit(), and so do forked children: this _exit() stands before libc's and writes
 * them too.
 *
 * Writing takes malloc and stdio, so only two kinds of process may: the one that was executed, and
 * children made by fork(), which puts the locks of both in order. Those of raw clone(), _Fork() and
 * vfork() just leave: they would wait for a lock that no one gives back, or write into their
 * parent.
 * In scenarios no child writes: what it may call after fork() is a subject there.
 */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef FORKED_WRITE
#define FORKED_WRITE 1
#endif

void __gcov_dump(void);

static pid_t may_write;

static void remember(void)
{
	may_write = getpid();
}

__attribute__((constructor)) static void watch_forks(void)
{
	remember();
	if (FORKED_WRITE)
		pthread_atfork(NULL, NULL, remember);
}

void _exit(int status)
{
	if (getpid() == may_write)
		__gcov_dump();
	for (;;)
		syscall(SYS_exit_group, status);
}
