/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Snapshots of real children that wait for a signal, or have one. */
#include "runner/base/util.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/syscall.h>

TestSuite(snapshot_signal, .timeout = 60);

static void await_signal(pid_t pid, const struct snapshot_options *options)
{
	const enum rest rest = REST_SIGNAL;
	struct snapshot s;

	cr_assert(child_await(pid, options, holds_some_rest, &rest, &s));
	snapshot_done(&s);
}

static void read_own_pipe(void *data)
{
	int fds[2];
	char byte;

	(void)data;
	if (pipe(fds) < 0 || read(fds[0], &byte, 1) < 0)
		_exit(1);
}

static void ask_signal(void *data)
{
	sigset_t set;

	(void)data;
	sigemptyset(&set);
	sigsuspend(&set);
}

static void read_with_pending(void *data)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	read_own_pipe(data);
}

static void pause_with_handler(void *data)
{
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = (void (*)(int))data }, NULL);
	pause();
}

static void do_nothing(int signal)
{
	(void)signal;
}

static void wait_in_sigwait(void *data)
{
	uint64_t set = *(uint64_t *)data;

	/* Raw: a libc takes its own signals out of the set. */
	syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, sizeof(set));
}

static void pause_with_alarm(void *data)
{
	(void)data;
	alarm(60);
	pause();
}

static const struct snapshot_options whole = { .complete = true };

Test(snapshot_signal, a_signal_that_nobody_could_take)
{
	uint64_t of_libc = UINT64_C(3) << 31, of_user = UINT64_C(1) << (SIGUSR1 - 1);
	uint64_t first_real_time = UINT64_C(1) << 33; /* under glibc */
	static const enum wait_kind signal_wait = WAIT_SIGNAL;
	struct snapshot s;
	pid_t pid;

	pid = child_start(ask_signal, NULL);
	child_await_no_timer(pid, &whole, &s);
	cr_assert_eq(s.threads[0].wait, WAIT_SIGNAL);
	cr_assert(object_wakes(&s, thread_object(&s, &s.threads[0], 0), pid));
	snapshot_done(&s);
	/* Whoever is not known may have parked it. */
	await_signal(pid, NULL);
	child_end(pid);
	pid = child_start(pause_with_handler, (void *)do_nothing);
	await_signal(pid, &whole);
	child_end(pid);
	pid = child_start(wait_in_sigwait, &of_user);
	await_signal(pid, &whole);
	child_end(pid);
	pid = child_start(wait_in_sigwait, &first_real_time);
	await_signal(pid, &whole);
	child_end(pid);
	pid = child_start(wait_in_sigwait, &of_libc);
	cr_assert(child_await(pid, &whole, holds_root_waits, &signal_wait, &s));
	snapshot_done(&s);
	child_end(pid);
	pid = child_start(pause_with_alarm, NULL);
	cr_assert(child_await(pid, &whole, holds_timer_condition, NULL, &s));
	snapshot_done(&s);
	child_end(pid);
}

Test(snapshot_signal, signals)
{
	pid_t pid = child_start_provable(ask_signal, NULL);
	struct snapshot s;

	await_signal(pid, NULL);
	child_end(pid);
	/* Pending but blocked: it can't wake. */
	pid = child_start_provable(read_with_pending, NULL);
	cr_assert(child_await(pid, NULL, holds_all_rest, NULL, &s));
	snapshot_done(&s);
	child_end(pid);
}
