/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hold_clone PID MILLISECONDS: holds that process for so long before each clone(), as a machine
 * does that is too full, until it ends. Says "attached" when it watches. Status 77: it may not
 * trace.
 *
 * libc: glibc
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool begins_clone(pid_t pid, int status)
{
	struct __ptrace_syscall_info info;

	return WSTOPSIG(status) == (SIGTRAP | 0x80) &&
	       ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY &&
	       (info.entry.nr == SYS_clone || info.entry.nr == SYS_clone3);
}

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
	int status;

	if (pid <= 0)
		errx(99, "usage: hold_clone PID MILLISECONDS");
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		err(errno == EPERM ? 77 : 99, "%d", (int)pid);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		bool own = status >> 16 || WSTOPSIG(status) == (SIGTRAP | 0x80);

		if (begins_clone(pid, status))
			usleep((useconds_t)atoi(argv[2]) * 1000);
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)(own ? 0 : WSTOPSIG(status)));
		if (status >> 16 == PTRACE_EVENT_STOP && puts("attached") > 0)
			fflush(stdout);
	}
	return 0;
}
