/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/tree.h: who belongs to a guarded command, and how much they have done. Cheap: two or three
 * small files a process. Reads /proc only.
 *
 * The guard is no subreaper: a daemon of the command's goes to the same reaper as without us, and
 * may ask for it by getppid(). Who leaves the tree is known from the samples before; who did
 * between two samples is a stranger, which only delays a proof.
 */
#ifndef RUNNER_GUARD_TREE_H
#define RUNNER_GUARD_TREE_H

#include "runner/guard/judge.h"

#include <sys/types.h>

struct guard_member {
	pid_t pid;
	uint64_t start_time; /* tells a reused pid apart */
	size_t depth;        /* below the command, or below an orphan */
	bool orphan;         /* its parent in the tree has ended */
};

/* Zero-initialise; free with guard_tree_done(). */
struct guard_tree {
	struct guard_member *members; /* parents before their children, the command first */
	size_t n, cap;
	pid_t *orphans; /* those members whose parents have ended: roots besides the command */
	size_t n_orphans, cap_orphans;
};
void guard_tree_done(struct guard_tree *t);

/* Lists the tree anew and adds up what it has done. 0, or -ESRCH when the command is gone. command
 * 0: it has ended and its id may be another's; only those are listed that it has left. */
int guard_tree_sample(struct guard_tree *t, pid_t command, struct guard_sample *ret_sample);

#endif
