/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be on this machine: whether a thread can have an io_uring that /proc does not show. */
#include "runner/trial/ask.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/trial/filters.h"

const long ask_calls[ASK_N_CALLS] = { SYS_getitimer, SYS_timer_gettime, SYS_io_uring_enter };

/* Threads can register rings since Linux 5.18. */
static bool is_kernel_too_old(void)
{
	struct utsname u;
	struct scan s;
	uint64_t major, minor;

	if (uname(&u) < 0)
		return false;
	s = scan_text(u.release, strlen(u.release));
	return scan_u64(&s, 10, &major) && scan_literal(&s, ".") && scan_u64(&s, 10, &minor) &&
	       (major < 5 || (major == 5 && minor < 18));
}

/* 2: to everybody, since Linux 6.6. */
static bool is_forbidden_to_all(void)
{
	char text[16];
	ssize_t n =
		procfs_read(procfs_directory(), "sys/kernel/io_uring_disabled", text, sizeof(text));

	return n > 0 && text[0] == '2';
}

bool ask_is_ring_possible(pid_t pid)
{
	struct procfs_status ours;
	bool refused;

	if (is_kernel_too_old() || is_forbidden_to_all())
		return false;
	refused = syscall(SYS_io_uring_setup, 0, NULL) < 0 && (errno == EPERM || errno == ENOSYS);
	if (!refused || !filters_read_ours(&ours))
		return true;
	/* What our filters refuse to us they refuse to whom we have started. Without any, ENOSYS is
	 * for all, and EPERM for those of another group. */
	if (ours.filtered)
		return !filters_descends_from_us(pid);
	return syscall(SYS_io_uring_setup, 0, NULL) >= 0 || errno != ENOSYS;
}
