/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * filters.h: whether a process has other seccomp filters than we have. In a container everybody has
 * those of the engine, and they say nothing against a call that we know them to let through.
 */
#ifndef RUNNER_TRIAL_FILTERS_H
#define RUNNER_TRIAL_FILTERS_H

#include "runner/proc/procfs.h"

/* status: of a thread of pid. added: filters that we have given to it and that let the calls pass,
 * UINT_MAX: one does not. True also where it cannot be told, or where our own filters answer
 * getitimer(), timer_gettime() or io_uring_enter() with a signal, or not at all. */
bool filters_differ(pid_t pid, const struct procfs_status *status, unsigned int added);

/* Our own status; false: it can't be read. */
bool filters_read_ours(struct procfs_status *ret_status);
bool filters_descends_from_us(pid_t pid);

/* Pure. A descendant inherits filters, and none can be taken off: with the same number of them it
 * has the same ones. added: those that we have given to it. */
bool filters_are_ours(const struct procfs_status *its, const struct procfs_status *ours,
	unsigned int added, bool descends);

#endif
