/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filters.h: whether a process has other seccomp filters than we have. In a container everybody has
 * those of the engine, and they say nothing against a call that we know them to let through.
 */
#ifndef RUNNER_TRIAL_FILTERS_H
#define RUNNER_TRIAL_FILTERS_H

#include "runner/proc/procfs.h"

/* status: of a thread of pid. True also where it cannot be told, or where our own filters answer
 * getitimer(), timer_gettime() or io_uring_enter() with a signal, or not at all. */
bool filters_differ(pid_t pid, const struct procfs_status *status);

/* Pure. A descendant inherits filters, and none can be taken off: with the same number of them it
 * has the same ones. */
bool filters_are_ours(
	const struct procfs_status *its, const struct procfs_status *ours, bool descends);

#endif
