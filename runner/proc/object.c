/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parsers of what /proc says about the things that threads wait on. */
#include "runner/proc/procfs.h"

#include <errno.h>
#include <limits.h>
#include <sys/sysmacros.h>

#include "runner/base/util.h"

static const struct {
	const char *text;
	enum procfs_link kind;
} anon_links[] = {
	{ "anon_inode:[eventfd]", PROCFS_LINK_EVENTFD },
	{ "anon_inode:[eventpoll]", PROCFS_LINK_EPOLL },
	{ "anon_inode:[timerfd]", PROCFS_LINK_TIMERFD },
	{ "anon_inode:[signalfd]", PROCFS_LINK_SIGNALFD },
	{ "anon_inode:[pidfd]", PROCFS_LINK_PIDFD },
	{ "pidfd:[", PROCFS_LINK_PIDFD }, /* since 6.9 they have a file system of their own */
	{ "anon_inode:[io_uring]", PROCFS_LINK_IO_URING },
	{ "anon_inode:[perf_event]", PROCFS_LINK_PERF },
};

int procfs_parse_link(const char *text, size_t n, enum procfs_link *ret_kind, uint64_t *ret_inode)
{
	struct scan s = scan_text(text, n);
	enum procfs_link kind = PROCFS_LINK_OTHER;
	uint64_t inode = 0;

	if (n == 0)
		return -EINVAL;
	if (*text == '/') {
		*ret_kind = PROCFS_LINK_PATH;
		*ret_inode = 0;
		return 0;
	}
	if (scan_literal(&s, "pipe:["))
		kind = PROCFS_LINK_PIPE;
	else if (scan_literal(&s, "socket:["))
		kind = PROCFS_LINK_SOCKET;
	if (kind != PROCFS_LINK_OTHER && (!scan_u64(&s, 10, &inode) || !scan_equals(&s, "]")))
		return -EINVAL;
	for (size_t i = 0; kind == PROCFS_LINK_OTHER && i < ARRAY_SIZE(anon_links); i++)
		if (scan_literal(&s, anon_links[i].text))
			kind = anon_links[i].kind;
	*ret_kind = kind;
	*ret_inode = inode;
	return 0;
}

int procfs_parse_fdinfo(const char *text, size_t n, struct procfs_fdinfo *ret_fdinfo)
{
	struct procfs_fdinfo info = { -1, -1, -1, -1, -1, -1, false, false };
	struct scan s = scan_text(text, n), line;
	uint64_t flags;
	bool ok = true;

	while (ok && scan_line(&s, &line)) {
		if (scan_literal(&line, "flags:")) {
			ok = scan_u64(&line, 8, &flags) && flags <= UINT_MAX;
			info.flags = ok ? (int64_t)flags : -1;
		} else if (scan_literal(&line, "eventfd-count:")) {
			uint64_t count;

			ok = scan_u64(&line, 16, &count);
			info.eventfd_count = ok && count <= INT64_MAX ? (int64_t)count : -1;
		} else if (scan_literal(&line, "eventfd-id:")) {
			ok = scan_i64(&line, &info.eventfd_id);
		} else if (scan_literal(&line, "Pid:")) {
			ok = scan_i64(&line, &info.pid);
		} else if (scan_literal(&line, "scm_fds:")) {
			ok = scan_i64(&line, &info.scm_fds);
		} else if (scan_literal(&line, "tty-index:")) {
			ok = scan_i64(&line, &info.tty_index);
		} else if (scan_literal(&line, "lock:")) {
			info.has_lock = true;
			info.has_lease |= memmem(line.p, scan_left(&line), " LEASE ", 7) ||
					  memmem(line.p, scan_left(&line), " DELEG ", 7);
		}
	}
	if (!ok || info.flags < 0)
		return -EINVAL;
	*ret_fdinfo = info;
	return 0;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
bool procfs_next_mount(struct scan *s, struct procfs_mount *ret_mount)
{
	struct scan line, word;

	while (scan_line(s, &line)) {
		uint64_t major, minor;

		if (!scan_word(&line, &word) || !scan_word(&line, &word) ||
			!scan_u64(&line, 10, &major) || !scan_literal(&line, ":") ||
			!scan_u64(&line, 10, &minor))
			continue;
		ret_mount->dev = makedev(major, minor);
		while (scan_word(&line, &word) && !scan_equals(&word, "-"))
			;
		if (scan_word(&line, &ret_mount->type) && scan_word(&line, &word) &&
			scan_word(&line, &ret_mount->options))
			return true;
	}
	return false;
}

/* "ffff8881: 00000002 00000000 00010000 0001 01 20563 /run/x": Num RefCount Protocol Flags Type St
 * Inode Path */
bool procfs_next_unix(struct scan *s, struct procfs_unix *ret_unix)
{
	struct scan line, word;

	while (scan_line(s, &line)) {
		struct procfs_unix u = { 0 };
		int field = 0;

		while (field < 6 && scan_word(&line, &word))
			field++;
		if (field < 6 || !scan_u64(&line, 10, &u.inode))
			continue;
		u.named = scan_word(&line, &word);
		*ret_unix = u;
		return true;
	}
	return false;
}

int procfs_parse_mqueue(const char *text, size_t n, pid_t *ret_notify_pid)
{
	struct scan s = scan_text(text, n), word;
	int64_t pid;

	while (scan_word(&s, &word))
		if (scan_literal(&word, "NOTIFY_PID:") && scan_i64(&word, &pid) && pid >= 0 &&
			pid <= INT_MAX) {
			*ret_notify_pid = (pid_t)pid;
			return 0;
		}
	return -EINVAL;
}

bool procfs_next_epoll(struct scan *s, struct procfs_epoll *ret_epoll)
{
	struct scan line, word;

	while (scan_line(s, &line)) {
		struct procfs_epoll e = { 0 };
		uint64_t fd, events;

		if (!scan_literal(&line, "tfd:") || !scan_u64(&line, 10, &fd) || fd > INT_MAX)
			continue;
		scan_blanks(&line);
		if (!scan_literal(&line, "events:") || !scan_u64(&line, 16, &events) ||
			events > UINT32_MAX)
			continue;
		e.fd = (int)fd;
		e.events = (uint32_t)events;
		while (scan_word(&line, &word))
			if (scan_literal(&word, "ino:"))
				scan_u64(&word, 16, &e.inode);
		*ret_epoll = e;
		return true;
	}
	return false;
}

/* MAJOR:MINOR in hexadecimal. */
static bool scan_device(struct scan *s, uint64_t *ret_dev)
{
	struct scan t = *s;
	uint64_t major, minor;

	if (!scan_u64(&t, 16, &major) || !scan_literal(&t, ":") || !scan_u64(&t, 16, &minor) ||
		major > UINT_MAX || minor > UINT_MAX)
		return false;
	*s = t;
	*ret_dev = makedev((unsigned)major, (unsigned)minor);
	return true;
}

static bool parse_map(struct scan line, struct procfs_map *ret_map)
{
	struct procfs_map map = { 0 };
	struct scan mode;

	if (!scan_u64(&line, 16, &map.begin) || !scan_literal(&line, "-") ||
		!scan_u64(&line, 16, &map.end) || !scan_word(&line, &mode) ||
		scan_left(&mode) != 4 || !scan_u64(&line, 16, &map.offset) ||
		!scan_device(&line, &map.dev) || !scan_u64(&line, 10, &map.inode) ||
		map.begin >= map.end)
		return false;
	map.read = mode.p[0] == 'r';
	map.write = mode.p[1] == 'w';
	map.execute = mode.p[2] == 'x';
	map.shared = mode.p[3] == 's';
	scan_blanks(&line);
	map.name = line;
	*ret_map = map;
	return true;
}

bool procfs_next_map(struct scan *s, struct procfs_map *ret_map)
{
	struct scan line;

	while (scan_line(s, &line))
		if (parse_map(line, ret_map))
			return true;
	return false;
}

static enum procfs_lock_kind lock_kind(const struct scan *word)
{
	static const struct {
		const char *text;
		enum procfs_lock_kind kind;
	} kinds[] = {
		{ "POSIX", PROCFS_LOCK_POSIX },
		{ "OFDLCK", PROCFS_LOCK_OFD },
		{ "FLOCK", PROCFS_LOCK_FLOCK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (scan_equals(word, kinds[i].text))
			return kinds[i].kind;
	return PROCFS_LOCK_OTHER;
}

/* "1: POSIX  ADVISORY  WRITE 7280 fe:00:398608 0 EOF", "1: -> FLOCK ..." */
static bool parse_lock(struct scan line, struct procfs_lock *ret_lock)
{
	struct procfs_lock lock = { 0 };
	struct scan word;
	uint64_t number;
	int64_t pid;

	if (!scan_u64(&line, 10, &number) || !scan_literal(&line, ":") || !scan_word(&line, &word))
		return false;
	/* Since 5.x each level of waiting is indented by one more blank. */
	lock.waits = scan_equals(&word, "->");
	if (lock.waits && !scan_word(&line, &word))
		return false;
	lock.kind = lock_kind(&word);
	if (!scan_word(&line, &word) || !scan_word(&line, &word)) /* ADVISORY, then READ or WRITE */
		return false;
	lock.write = scan_equals(&word, "WRITE");
	if (!scan_i64(&line, &pid) || pid < -1 || pid > INT_MAX)
		return false;
	lock.pid = (pid_t)pid;
	if (!scan_device(&line, &lock.dev) || !scan_literal(&line, ":") ||
		!scan_u64(&line, 10, &lock.inode) || !scan_u64(&line, 10, &lock.first))
		return false;
	if (!scan_u64(&line, 10, &lock.last)) {
		if (!scan_word(&line, &word) || !scan_equals(&word, "EOF"))
			return false;
		lock.last = UINT64_MAX;
	}
	*ret_lock = lock;
	return true;
}

bool procfs_next_fdinfo_lock(struct scan *s, struct procfs_lock *ret_lock)
{
	struct scan line;

	while (scan_line(s, &line))
		if (scan_literal(&line, "lock:") && parse_lock(line, ret_lock))
			return true;
	return false;
}

bool procfs_next_lock(struct scan *s, struct procfs_lock *ret_lock)
{
	struct scan line;

	while (scan_line(s, &line))
		if (parse_lock(line, ret_lock))
			return true;
	return false;
}
