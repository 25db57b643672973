/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Leaves in every way that a process has: a daemon that takes off all it has inherited, a subreaper
 * with orphans of its own, a stopped child, one that ignores every signal, one that traces its
 * sibling, threads, a chain of sessions. Then it stays for argv[1] milliseconds and passes;
 * "stuck": for ever, on a futex.
 */
#include "tests/targets/target.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

static void stay(void)
{
	for (;;)
		target_sleep_ms(3600 * 1000);
}

static void *stay_in_thread(void *arg)
{
	(void)arg;
	stay();
	return NULL;
}

static void daemon_without_limits(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	MUST(setsid() > 0);
	if (target_fork() > 0)
		_exit(0);
	setrlimit(RLIMIT_LOCKS, &none);
	clearenv();
	MUST(chdir("/") == 0);
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	prctl(PR_SET_NAME, "innocent");
	prctl(PR_SET_PDEATHSIG, 0);
	stay();
}

static void subreaper_with_orphans(void)
{
	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	for (int i = 0; i < 3; i++) {
		pid_t pid = target_fork();

		if (pid == 0) {
			if (target_fork() == 0)
				stay();
			_exit(0);
		}
		target_reap(pid);
	}
	stay();
}

static void stopped(void)
{
	MUST(setsid() > 0);
	raise(SIGSTOP);
	stay();
}

static void deaf(void)
{
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	for (int i = 0; i < 8; i++)
		target_thread(stay_in_thread, NULL);
	stay();
}

static void tracer(void)
{
	pid_t sibling = target_fork();

	if (sibling == 0)
		stay();
	ptrace(PTRACE_SEIZE, sibling, NULL, (void *)PTRACE_O_TRACEFORK);
	stay();
}

static void chain(void)
{
	for (int i = 0; i < 5; i++) {
		setsid();
		if (target_fork() > 0)
			stay();
	}
	stay();
}

int main(int argc, char **argv)
{
	static void (*const ways[])(void) = { daemon_without_limits, subreaper_with_orphans,
		stopped, deaf, tracer, chain };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (target_fork() == 0)
			ways[i]();
	if (argc > 1 && strcmp(argv[1], "stuck") == 0) {
		sem_t never;

		MUST(sem_init(&never, 0, 0) == 0);
		target_sem_wait(&never);
	}
	target_sleep_ms(argc > 1 ? strtol(argv[1], NULL, 10) : 0);
	return 0;
}
