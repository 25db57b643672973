/* SPDX-License-Identifier: MIT */
/* process.c: the ways to make a child, and waiting for it. */
#include "lib/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Weak: a libc without it still links. A program that was built on such a libc and runs on a newer
 * one finds it by name. */
extern pid_t _Fork(void) __attribute__((weak));

static char child_exe[] = "/proc/self/exe";
static char child_option[] = "--child";

static char **child_argv(void)
{
	static char *argv[] = { child_exe, child_option, NULL };

	return argv;
}

static pid_t call__fork(void)
{
	pid_t (*call)(void) = _Fork;

	if (!call)
		*(void **)&call = dlsym(RTLD_DEFAULT, "_Fork");
	if (!call)
		scenario_skip("this libc has no _Fork()");
	return call();
}

static void exec_child(void)
{
	execve(child_exe, child_argv(), environ);
	_exit(HANGRATE_EXIT_BROKEN);
}

/* The child leaves inside the call: vfork()'s must not return into a frame that it shares. */
static pid_t start_vfork(void (*child)(void *), void *arg)
{
	pid_t pid = vfork();

	if (pid == 0) {
		if (child)
			child(arg);
		else
			exec_child();
		_exit(HANGRATE_EXIT_PASS);
	}
	return pid;
}

static pid_t start_spawned(void)
{
	pid_t pid = -1;

	errno = posix_spawn(&pid, child_exe, NULL, NULL, child_argv(), environ);
	return errno ? -1 : pid;
}

static pid_t start_forked(enum fork_how how)
{
	switch (how) {
	case FORK_RAW:
		return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	case FORK__FORK:
		return call__fork();
	default:
		return fork();
	}
}

pid_t scenario_fork(enum fork_how how, void (*child)(void *), void *arg)
{
	pid_t pid;

	stress_meet();
	switch (how) {
	case FORK_VFORK:
		pid = start_vfork(child, arg);
		break;
	case FORK_VFORK_EXEC:
		pid = start_vfork(NULL, NULL);
		break;
	case FORK_POSIX_SPAWN:
		pid = start_spawned();
		break;
	default:
		pid = start_forked(how);
		if (pid == 0) {
			if (how == FORK_EXEC)
				exec_child();
			child(arg);
			_exit(HANGRATE_EXIT_PASS);
		}
	}
	MUST(pid > 0);
	return pid;
}

void scenario_wait(pid_t pid)
{
	int status;

	scenario_stress_stop();
	while (waitpid(pid, &status, 0) < 0)
		MUST(errno == EINTR);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == HANGRATE_EXIT_SKIP ||
					 WEXITSTATUS(status) == HANGRATE_EXIT_BROKEN))
		_exit(WEXITSTATUS(status));
	CHECK(!WIFSIGNALED(status));
	CHECK(WEXITSTATUS(status) == HANGRATE_EXIT_PASS);
}

/*
 * Not from malloc: its state is a subject here. Not huge pages: they have no tables to copy. Near
 * the heap, as a program's own data would be: fork() copies from low addresses to high ones, so
 * that the libc's data and the threads' stacks come after it and change meanwhile.
 */
void scenario_grow_heap(uint64_t bytes)
{
	char *above = (char *)(((uintptr_t)sbrk(0) + (1u << 30)) & ~(uintptr_t)0xfff);
	volatile char *p;

	if (!bytes)
		return;
	p = mmap(above, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(p != MAP_FAILED);
	(void)madvise((void *)p, bytes, MADV_NOHUGEPAGE); /* EINVAL: a kernel without them */
	for (uint64_t i = 0; i < bytes; i += 4096)
		p[i] = 1;
}
