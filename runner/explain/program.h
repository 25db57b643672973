/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * program.h: what a user calls a process: the command that he typed, as short as it stays clear.
 */
#ifndef RUNNER_EXPLAIN_PROGRAM_H
#define RUNNER_EXPLAIN_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

/* "python3 worker.py", "tail -f /dev/null": of the n bytes of a command line as /proc/PID/cmdline
 * gives it, each argument ended by a NUL. Folders of the program and of its script are left out,
 * and so is the end of a long line. Safe to print. NULL where there is nothing. The caller frees.
 */
char *program_shorten(const char *cmdline, size_t n);

/* Of a living process; NULL where it can't be read, or a kernel thread has none. */
char *program_read(pid_t pid);

#endif
