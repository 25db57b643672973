/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * await.h: until another thread sleeps in its system call, or has ended.
 */
#ifndef TESTS_AWAIT_H
#define TESTS_AWAIT_H

#include "tests/targets/target.h"

static pid_t await_tid;

/* The thread says who it is, and sleeps in the call soon. */
static inline void await_say(void)
{
	__atomic_store_n(&await_tid, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
}

static inline void await_either(long nr, long other)
{
	char path[64], text[32] = "";
	long now = -1;

	while (now != nr && now != other) {
		pid_t tid = __atomic_load_n(&await_tid, __ATOMIC_ACQUIRE);
		int file;

		snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
		file = tid ? open(path, O_RDONLY) : -1;
		if (tid && file < 0)
			return;
		now = file >= 0 && read(file, text, sizeof(text) - 1) > 0 ? strtol(text, NULL, 10)
									  : -1;
		if (*text == 'r') /* "running" */
			now = -1;
		if (file >= 0)
			close(file);
	}
}

static inline void await_call(long nr)
{
	await_either(nr, nr);
}

#endif
