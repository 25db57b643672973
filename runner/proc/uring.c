/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/uring.h"

#include "runner/base/util.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

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

/* A filter answers ENOSYS likewise. */
static bool has_kernel_none(void)
{
	struct procfs_status ours;
	char text[8192];
	ssize_t n;

	if (syscall(SYS_io_uring_setup, 0, NULL) >= 0 || errno != ENOSYS)
		return false;
	n = procfs_read(procfs_directory(), "thread-self/status", text, sizeof(text));
	return n > 0 && procfs_parse_status(text, (size_t)n, &ours) == 0 && !ours.filtered;
}

bool uring_can_hide(void)
{
	return !is_kernel_too_old() && !is_forbidden_to_all() && !has_kernel_none();
}

static bool has_objects(int slab)
{
	char text[64];
	ssize_t n = procfs_read(slab, "objects", text, sizeof(text));
	struct scan s = scan_text(text, n > 0 ? (size_t)n : 0);
	uint64_t objects;

	return n <= 0 || !scan_u64(&s, 10, &objects) || objects > 0;
}

/* The kernel gives back what of the cache nobody uses. */
static void shrink(int slab)
{
	cleanup(cleanup_close) int fd = openat(slab, "shrink", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		return;
}

/* Every request is an object of this cache, which is merged with no other. The count is too large
 * by what processors keep for themselves: after the last ring of a machine has gone, too. */
bool uring_may_act_by(const char *path)
{
	cleanup(cleanup_close) int slab = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (slab < 0)
		return true;
	if (!has_objects(slab))
		return false;
	shrink(slab);
	return has_objects(slab);
}

bool uring_may_act(void)
{
	return uring_may_act_by("/sys/kernel/slab/io_kiocb");
}
