/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * usage.h: how much a process has done so far, as /proc tells it. Pure parsers, as in procfs.h:
 * 0, or -EINVAL where the text is not what the kernel writes; results are written on success only.
 */
#ifndef RUNNER_PROC_USAGE_H
#define RUNNER_PROC_USAGE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* /proc/PID/stat */
struct procfs_usage {
	char state;
	pid_t ppid, session;
	uint64_t start_time; /* clock ticks after boot: tells a reused pid apart */
	uint64_t cpu_ticks;  /* user and system, with those of the children it has waited for */
};
int procfs_parse_usage(const char *text, size_t n, struct procfs_usage *ret_usage);

/* /proc/PID/io: bytes that went through read(2), write(2) and their kin. */
int procfs_parse_io(const char *text, size_t n, uint64_t *ret_bytes);

#endif
