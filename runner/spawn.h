/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h: starts one trial and, when it is over, makes sure that nothing of it is left.
 *
 * The child gets a session of its own, /dev/null as standard input, a pipe as standard output and
 * error, default signal handling and an empty mask, and dies with the runner.
 *
 * Every process of a trial carries the trial's tag wherever it goes: the soft limit RLIMIT_LOCKS,
 * which Linux has inherited over fork and exec and has enforced nowhere since 2.4.25
 * (setrlimit(2)). The runner is a subreaper, so whatever outlives its parents becomes its child,
 * whatever session it hides in, and the tag tells whose it was.
 */
#ifndef RUNNER_SPAWN_H
#define RUNNER_SPAWN_H

#include "runner/inject.h"
#include "runner/isolate.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct spawn_request {
	const char *path;
	char *const *argv;
	char *const *env;
	uint64_t tag;
	int stdin_fd;                      /* an open /dev/null */
	const struct inject_trial *inject; /* NULL: none */
	const struct isolate *isolate;     /* NULL: no */
};

/* 0 with the pid and the reading end of the output pipe (non-blocking, the caller closes it), or
 * -errno of what failed, execve() included. */
int spawn_trial(const struct spawn_request *request, pid_t *ret_pid, int *ret_output);

/* Once, before the first trial and after the last change to what this process ignores: subreaper,
 * core dumps off, a note of which signals a child has to take back to their defaults, and the list
 * of our children held open. */
int spawn_prepare(void);

/* The tag of a process; 0 when it has none or may not be asked. */
uint64_t spawn_tag_of(pid_t pid);

/* Direct children of this process, into pids; at most max. Returns how many there are, or -errno.
 */
int spawn_children(pid_t *pids, size_t max);

#endif
