/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/open.h: files of /proc, found from /proc itself. A path from the root asks each time
 * whether the root may be searched; on a layered file system in user space (fuse-overlayfs, as in a
 * rootless container) that is a request to its server, which then took a fifth of all time.
 */
#ifndef RUNNER_PROC_OPEN_H
#define RUNNER_PROC_OPEN_H

#include <stdio.h>
#include <sys/types.h>

/* Opens /proc now, not at the first use: who counts descriptors finds as many before as after. */
void procfs_keep_open(void);
/* The directory itself, for the readers of procfs.h; opened once and kept. */
int procfs_directory(void);
/* As openat(2), fopen(3) and readlink(2); path: behind "/proc/", or "." for the directory itself.
 * O_CLOEXEC is always set. */
int procfs_open(const char *path, int flags);
FILE *procfs_fopen(const char *path);
ssize_t procfs_readlink(const char *path, char *ret_text, size_t size);

#endif
