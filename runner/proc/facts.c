/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/facts.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>

/* Longer than any record that is read here. */
#define RECORD_MAX 4096

static ssize_t read_record(char *buffer, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static ssize_t read_record(char *buffer, const char *fmt, ...)
{
	char path[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return procfs_read_record(procfs_directory(), path, buffer, RECORD_MAX);
}

void procfs_read_comm(pid_t pid, pid_t tid, char ret_comm[PROCFS_COMM_SIZE])
{
	char text[RECORD_MAX];
	ssize_t n = read_record(text, "%d/task/%d/comm", (int)pid, (int)tid);

	snprintf(ret_comm, PROCFS_COMM_SIZE, "%.*s", n > 1 ? (int)n - 1 : 0, text);
}

pid_t procfs_read_parent(pid_t pid)
{
	char text[RECORD_MAX];
	ssize_t n = read_record(text, "%d/stat", (int)pid);
	struct procfs_stat stat;

	return n > 0 && procfs_parse_stat(text, (size_t)n, &stat) == 0 ? stat.ppid : 0;
}

bool procfs_has_thread(pid_t pid, pid_t tid)
{
	char text[RECORD_MAX];

	return read_record(text, "%d/task/%d/comm", (int)pid, (int)tid) > 0;
}

int64_t procfs_read_faults(pid_t pid, pid_t tid)
{
	char text[RECORD_MAX];
	ssize_t n = tid ? read_record(text, "%d/task/%d/stat", (int)pid, (int)tid)
			: read_record(text, "%d/stat", (int)pid);
	struct procfs_stat stat;

	return n > 0 && procfs_parse_stat(text, (size_t)n, &stat) == 0 ? (int64_t)stat.faults : -1;
}

size_t procfs_parse_ids(const char *text, size_t n, const char *name, pid_t *ret_ids, size_t max)
{
	struct scan s = scan_text(text, n), line;
	size_t found = 0;

	while (scan_line(&s, &line)) {
		uint64_t id = 0;

		if (!scan_literal(&line, name))
			continue;
		for (; scan_u64(&line, 10, &id) && id <= INT_MAX; found++)
			if (found < max)
				ret_ids[found] = (pid_t)id;
		return found;
	}
	return 0;
}

pid_t procfs_parse_inner_pid(const char *text, size_t n)
{
	struct scan s = scan_text(text, n), line;

	while (scan_line(&s, &line)) {
		uint64_t pid = 0;

		if (!scan_literal(&line, "NSpid:"))
			continue;
		while (scan_u64(&line, 10, &pid))
			;
		return pid <= INT_MAX ? (pid_t)pid : 0;
	}
	return 0;
}

pid_t procfs_read_inner_tid(pid_t tid)
{
	char text[RECORD_MAX];
	ssize_t n = read_record(text, "%d/status", (int)tid);
	pid_t inner = n > 0 ? procfs_parse_inner_pid(text, (size_t)n) : 0;

	return inner ? inner : tid;
}
