/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/filters.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

/* How far up a process is followed. */
#define ANCESTORS_MAX 64
/* A filter may hand a call to a supervisor that never answers. */
#define PROBE_LIMIT_NS NSEC_PER_SEC
#define PROBE_POLL_US 100

static bool read_status(pid_t pid, struct procfs_status *ret_status)
{
	char path[32], text[8192];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/status", (int)pid);
	n = procfs_read(procfs_directory(), path, text, sizeof(text));
	return n > 0 && procfs_parse_status(text, (size_t)n, ret_status) == 0;
}

bool filters_read_ours(struct procfs_status *ret_status)
{
	return read_status(getpid(), ret_status);
}

bool filters_descends_from_us(pid_t pid)
{
	struct procfs_status status;

	for (int i = 0; i < ANCESTORS_MAX && pid > 1 && pid != getpid(); i++) {
		if (!read_status(pid, &status))
			return false;
		pid = status.ppid;
	}
	return pid == getpid();
}

bool filters_are_ours(const struct procfs_status *its, const struct procfs_status *ours,
	unsigned int added, bool descends)
{
	bool counted = ours->filtered == (ours->n_filters > 0);

	return descends && counted && its->n_filters && added < UINT_MAX &&
	       its->n_filters == ours->n_filters + added;
}

static _Noreturn void make_the_calls(void)
{
	struct itimerval interval;
	struct itimerspec when;

	syscall(SYS_getitimer, ITIMER_REAL, &interval);
	syscall(SYS_timer_gettime, 0, &when);
	syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0);
	_exit(0);
}

/* In a child: a filter may kill who makes such a call. */
static bool are_calls_answered(void)
{
	int64_t end_ns = time_now_ns() + PROBE_LIMIT_NS;
	int status = 0;
	pid_t pid = fork(), r = 0;

	if (!pid)
		make_the_calls();
	if (pid < 0)
		return false;
	while ((r = waitpid(pid, &status, WNOHANG)) == 0 && time_now_ns() < end_ns)
		usleep(PROBE_POLL_US);
	if (r == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	return r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Our filters do not change, so the answer is found once. */
static bool do_ours_answer(void)
{
	static enum { UNKNOWN, YES, NO } answer;

	if (answer == UNKNOWN)
		answer = are_calls_answered() ? YES : NO;
	return answer == YES;
}

bool filters_differ(pid_t pid, const struct procfs_status *status, unsigned int added)
{
	struct procfs_status ours;

	if (!status->filtered)
		return false;
	return !filters_read_ours(&ours) ||
	       !filters_are_ours(status, &ours, added, filters_descends_from_us(pid)) ||
	       (ours.filtered && !do_ours_answer());
}
