/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/usage.h"

#include <errno.h>
#include <string.h>

#include "runner/base/scan.h"

/* Fields of proc_pid_stat(5), counted from 1. */
enum {
	FIELD_STATE = 3,
	FIELD_PPID = 4,
	FIELD_SESSION = 6,
	FIELD_CPU_FIRST = 14, /* utime, stime, cutime, cstime */
	FIELD_CPU_LAST = 17,
	FIELD_START = 22,
};

int procfs_parse_usage(const char *text, size_t n, struct procfs_usage *ret_usage)
{
	struct procfs_usage u = { 0 };
	/* The name may hold anything, ") R 1" too: it ends at the last parenthesis. */
	const char *close = n ? memrchr(text, ')', n) : NULL;
	struct scan s, word;

	if (!close)
		return -EINVAL;
	s = scan_text(close + 1, n - (size_t)(close + 1 - text));
	if (!scan_word(&s, &word) || scan_left(&word) != 1)
		return -EINVAL;
	u.state = *word.p;
	for (int field = FIELD_STATE + 1; field <= FIELD_START; field++) {
		int64_t value;

		if (!scan_i64(&s, &value))
			return -EINVAL;
		if (field == FIELD_PPID)
			u.ppid = (pid_t)value;
		else if (field == FIELD_SESSION)
			u.session = (pid_t)value;
		else if (field >= FIELD_CPU_FIRST && field <= FIELD_CPU_LAST)
			u.cpu_ticks += (uint64_t)value;
		else if (field == FIELD_START)
			u.start_time = (uint64_t)value;
	}
	*ret_usage = u;
	return 0;
}

int procfs_parse_io(const char *text, size_t n, uint64_t *ret_bytes)
{
	struct scan s = scan_text(text, n), line;
	uint64_t bytes = 0, value;
	int found = 0;

	while (scan_line(&s, &line))
		if ((scan_literal(&line, "rchar:") || scan_literal(&line, "wchar:")) &&
			scan_u64(&line, 10, &value)) {
			bytes += value;
			found++;
		}
	if (found != 2)
		return -EINVAL;
	*ret_bytes = bytes;
	return 0;
}
