/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every parser of /proc text and of sock_diag's answers, on the same bytes. */
#include <string.h>

#include "runner/proc/procfs.h"
#include "runner/proc/usage.h"
#include "runner/snapshot/call.h"
#include "runner/proc/sockdiag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_tasks(const char *text, size_t n)
{
	struct procfs_stat stat;
	struct procfs_status status;
	struct procfs_usage usage;
	struct procfs_syscall call;
	struct call decoded;
	uint64_t ns;

	if (procfs_parse_stat(text, n, &stat) == 0 && strlen(stat.comm) >= sizeof(stat.comm))
		__builtin_trap();
	if (procfs_parse_status(text, n, &status) == 0 &&
		strlen(status.comm) >= sizeof(status.comm))
		__builtin_trap();
	if (procfs_parse_syscall(text, n, &call) == 0)
		call_decode(call.nr, call.args, &decoded);
	procfs_parse_exec_start(text, n, &ns);
	procfs_parse_runtime(text, n, &ns);
	procfs_parse_usage(text, n, &usage);
	procfs_parse_io(text, n, &ns);
}

static void parse_objects(const char *text, size_t n)
{
	struct procfs_fdinfo info;
	struct procfs_epoll epoll;
	struct procfs_lock lock;
	struct procfs_map map;
	enum procfs_link kind;
	uint64_t inode;
	struct scan s;
	struct procfs_armed armed;
	pid_t pid;

	procfs_parse_link(text, n, &kind, &inode);
	procfs_parse_timer_list(text, n, &armed);
	procfs_timers_are_listed(text, n);
	procfs_parse_fdinfo(text, n, &info);
	for (s = scan_text(text, n); procfs_next_pid(&s, &pid);)
		if (pid <= 0)
			__builtin_trap();
	for (s = scan_text(text, n); procfs_next_epoll(&s, &epoll);)
		if (epoll.fd < 0)
			__builtin_trap();
	for (s = scan_text(text, n); procfs_next_map(&s, &map);)
		if (map.begin >= map.end || map.name.p < text || map.name.end > text + n)
			__builtin_trap();
	for (s = scan_text(text, n); procfs_next_lock(&s, &lock);)
		if (lock.pid < -1)
			__builtin_trap();
	for (s = scan_text(text, n); procfs_next_fdinfo_lock(&s, &lock);)
		if (lock.pid < -1)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_Alignas(8) char message[4096];
	struct sockdiag_unix u;
	struct sockdiag_inet i;
	size_t n = size < sizeof(message) ? size : sizeof(message);

	parse_tasks((const char *)data, size);
	parse_objects((const char *)data, size);
	/* The kernel's messages are aligned. */
	memcpy(message, data, n);
	sockdiag_parse_unix(message, n, &u);
	sockdiag_parse_inet(message, n, &i);
	return 0;
}
