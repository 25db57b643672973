/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/proc/open.h"

#include <fcntl.h>
#include <unistd.h>

int procfs_directory(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

void procfs_keep_open(void)
{
	(void)procfs_directory();
}

int procfs_open(const char *path, int flags)
{
	return openat(procfs_directory(), path, flags | O_CLOEXEC);
}

FILE *procfs_fopen(const char *path)
{
	int fd = procfs_open(path, O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

ssize_t procfs_readlink(const char *path, char *ret_text, size_t size)
{
	return readlinkat(procfs_directory(), path, ret_text, size);
}
