/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsers of what /proc says about threads. Fields may be added by newer kernels: they are skipped,
 * missing ones that matter are an error. */
#include "runner/proc/procfs.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "runner/base/util.h"

static void copy_text(char *to, size_t size, const struct scan *from)
{
	size_t n = scan_left(from) < size - 1 ? scan_left(from) : size - 1;

	memcpy(to, from->p, n);
	to[n] = '\0';
}

static bool scan_pid(struct scan *s, pid_t *ret_pid)
{
	struct scan t = *s;
	int64_t n;

	if (!scan_i64(&t, &n) || n < -1 || n > INT_MAX)
		return false;
	*s = t;
	*ret_pid = (pid_t)n;
	return true;
}

int procfs_parse_stat(const char *text, size_t n, struct procfs_stat *ret_stat)
{
	struct procfs_stat stat = { 0 };
	struct scan s = scan_text(text, n), comm, word;
	const char *close;
	int64_t tty = 0;

	if (!scan_pid(&s, &stat.pid) || !scan_literal(&s, " ("))
		return -EINVAL;
	/* The name may hold anything, ") R 1" too: it ends at the last parenthesis. */
	close = memrchr(s.p, ')', scan_left(&s));
	if (!close)
		return -EINVAL;
	comm = (struct scan){ s.p, close };
	copy_text(stat.comm, sizeof(stat.comm), &comm);
	s.p = close + 1;
	if (!scan_word(&s, &word) || scan_left(&word) != 1)
		return -EINVAL;
	stat.state = *word.p;
	if (!scan_pid(&s, &stat.ppid) || !scan_pid(&s, &stat.pgrp))
		return -EINVAL;
	for (int field = 6; field < 22; field++)
		if (field == 7        ? !scan_i64(&s, &tty)
			: field == 9  ? !scan_u64(&s, 10, &stat.flags)
			: field == 10 ? !scan_u64(&s, 10, &stat.faults)
				      : !scan_word(&s, &word))
			return -EINVAL;
	/* new_encode_dev() of the kernel */
	stat.tty = makedev((tty & 0xfff00) >> 8, (tty & 0xff) | ((tty >> 12) & 0xfff00));
	if (!scan_u64(&s, 10, &stat.start_time))
		return -EINVAL;
	*ret_stat = stat;
	return 0;
}

enum status_field {
	STATUS_NAME,
	STATUS_STATE,
	STATUS_TGID,
	STATUS_PID,
	STATUS_PPID,
	STATUS_TRACER,
	STATUS_THREADS,
	STATUS_PENDING,
	STATUS_SHARED_PENDING,
	STATUS_BLOCKED,
	STATUS_IGNORED,
	STATUS_CAUGHT,
	STATUS_VOLUNTARY,
	STATUS_INVOLUNTARY,
	STATUS_COUNT,
};

/* In the order in which the kernel writes them, so that each line is compared with one name. */
static const char *const status_names[STATUS_COUNT] = {
	[STATUS_NAME] = "Name:",
	[STATUS_STATE] = "State:",
	[STATUS_TGID] = "Tgid:",
	[STATUS_PID] = "Pid:",
	[STATUS_PPID] = "PPid:",
	[STATUS_TRACER] = "TracerPid:",
	[STATUS_THREADS] = "Threads:",
	[STATUS_PENDING] = "SigPnd:",
	[STATUS_SHARED_PENDING] = "ShdPnd:",
	[STATUS_BLOCKED] = "SigBlk:",
	[STATUS_IGNORED] = "SigIgn:",
	[STATUS_CAUGHT] = "SigCgt:",
	[STATUS_VOLUNTARY] = "voluntary_ctxt_switches:",
	[STATUS_INVOLUNTARY] = "nonvoluntary_ctxt_switches:",
};

static bool status_take(struct procfs_status *st, enum status_field field, struct scan *line)
{
	struct scan word;

	switch (field) {
	case STATUS_NAME:
		scan_blanks(line);
		copy_text(st->comm, sizeof(st->comm), line);
		return true;
	case STATUS_STATE:
		if (!scan_word(line, &word))
			return false;
		st->state = *word.p;
		return true;
	case STATUS_TGID:
		return scan_pid(line, &st->tgid);
	case STATUS_PID:
		return scan_pid(line, &st->pid);
	case STATUS_PPID:
		return scan_pid(line, &st->ppid);
	case STATUS_TRACER:
		return scan_pid(line, &st->tracer);
	case STATUS_THREADS:
		return scan_u64(line, 10, &st->n_threads);
	case STATUS_PENDING:
		return scan_u64(line, 16, &st->pending);
	case STATUS_SHARED_PENDING:
		return scan_u64(line, 16, &st->shared_pending);
	case STATUS_BLOCKED:
		return scan_u64(line, 16, &st->blocked);
	case STATUS_IGNORED:
		return scan_u64(line, 16, &st->ignored);
	case STATUS_CAUGHT:
		return scan_u64(line, 16, &st->caught);
	case STATUS_VOLUNTARY:
		return scan_u64(line, 10, &st->voluntary);
	case STATUS_INVOLUNTARY:
		return scan_u64(line, 10, &st->involuntary);
	case STATUS_COUNT:
		break;
	}
	return false;
}

int procfs_parse_status(const char *text, size_t n, struct procfs_status *ret_status)
{
	struct procfs_status status = { 0 };
	struct scan s = scan_text(text, n), line;
	unsigned field = 0;

	while (field < STATUS_COUNT && scan_line(&s, &line)) {
		/* Only processes that have memory have this line. */
		if (scan_literal(&line, "CoreDumping:")) {
			scan_blanks(&line);
			status.dumps_core = !scan_equals(&line, "0");
			continue;
		}
		/* Only kernels that know filters have this one. */
		if (scan_literal(&line, "Seccomp:")) {
			scan_blanks(&line);
			status.filtered = !scan_equals(&line, "0");
			continue;
		}
		if (scan_literal(&line, "Seccomp_filters:")) {
			scan_blanks(&line);
			if (!scan_u64(&line, 10, &status.n_filters))
				return -EINVAL;
			continue;
		}
		if (!scan_literal(&line, status_names[field]))
			continue;
		if (!status_take(&status, field, &line))
			return -EINVAL;
		field++;
	}
	if (field < STATUS_COUNT)
		return -EINVAL;
	*ret_status = status;
	return 0;
}

int procfs_parse_syscall(const char *text, size_t n, struct procfs_syscall *ret_syscall)
{
	struct procfs_syscall call = { 0 };
	struct scan s = scan_text(text, n);

	if (scan_literal(&s, "running")) {
		call.running = true;
		call.nr = -1;
		*ret_syscall = call;
		return 0;
	}
	if (!scan_i64(&s, &call.nr))
		return -EINVAL;
	if (call.nr >= 0)
		for (size_t i = 0; i < 6; i++)
			if (!scan_u64(&s, 16, &call.args[i]))
				return -EINVAL;
	if (!scan_u64(&s, 16, &call.sp) || !scan_u64(&s, 16, &call.pc))
		return -EINVAL;
	*ret_syscall = call;
	return 0;
}

bool procfs_next_pid(struct scan *s, pid_t *ret_pid)
{
	return scan_pid(s, ret_pid) && *ret_pid > 0;
}

int procfs_parse_exec_start(const char *text, size_t n, uint64_t *ret_ns)
{
	struct scan s = scan_text(text, n), line, word;
	uint64_t ms, fraction;
	const char *dot;

	while (scan_line(&s, &line)) {
		if (!scan_literal(&line, "se.exec_start") || !scan_word(&line, &word) ||
			!scan_equals(&word, ":") || !scan_u64(&line, 10, &ms))
			continue;
		/* Milliseconds with six digits behind the point. */
		dot = line.p;
		if (!scan_literal(&line, ".") || !scan_u64(&line, 10, &fraction) ||
			line.p - dot != 7 || ms > UINT64_MAX / 1000000 - 1)
			return -EINVAL;
		*ret_ns = ms * 1000000 + fraction;
		return 0;
	}
	return -EINVAL;
}

int procfs_parse_runtime(const char *text, size_t n, uint64_t *ret_ns)
{
	struct scan s = scan_text(text, n);

	return scan_u64(&s, 10, ret_ns) ? 0 : -EINVAL;
}

int procfs_parse_processor(const char *text, size_t n, int *ret_cpu)
{
	const char *close = memrchr(text, ')', n);
	struct scan s, word;
	uint64_t cpu;

	if (!close)
		return -EINVAL;
	s = scan_text(close + 1, n - (size_t)(close + 1 - text));
	for (int field = 3; field < 39; field++)
		if (!scan_word(&s, &word))
			return -EINVAL;
	if (!scan_u64(&s, 10, &cpu) || cpu > INT32_MAX)
		return -EINVAL;
	*ret_cpu = (int)cpu;
	return 0;
}

bool procfs_timers_are_listed(const char *text, size_t n)
{
	/* CLOCK_REALTIME, _MONOTONIC, _BOOTTIME, _TAI */
	static const int64_t clocks[] = { 0, 1, 7, 11 };
	struct scan s = scan_text(text, n), line;
	size_t timers = 0, listed = 0;

	while (scan_line(&s, &line)) {
		int64_t clock;

		timers += scan_literal(&line, "ID:");
		if (!scan_literal(&line, "ClockID:") || !scan_i64(&line, &clock))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
			listed += clock == clocks[i];
	}
	return timers == listed;
}

bool procfs_next_timer(struct scan *s, uint64_t *ret_id)
{
	struct scan line;

	while (scan_line(s, &line))
		if (scan_literal(&line, "ID:") && scan_u64(&line, 10, ret_id))
			return true;
	return false;
}

/* " #0: <ffff8881>, it_real_fn, S:01" */
int procfs_parse_timer_list(const char *text, size_t n, struct procfs_armed *ret_armed)
{
	struct scan s = scan_text(text, n), line, number, address, function;
	struct procfs_armed armed = { 0 };
	bool named = false;

	while (scan_line(&s, &line)) {
		if (!scan_word(&line, &number) || !scan_literal(&number, "#") ||
			!scan_word(&line, &address) || !scan_literal(&address, "<") ||
			!scan_word(&line, &function))
			continue;
		if (scan_literal(&function, "0x"))
			return -EINVAL;
		named = true;
		armed.alarm |= scan_literal(&function, "it_real_fn");
		armed.posix |= scan_literal(&function, "posix_timer_fn");
	}
	if (!named)
		return -EINVAL;
	*ret_armed = armed;
	return 0;
}
