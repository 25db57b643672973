/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prove.h: the proof rule (docs/proof.md), a pure function of two snapshots. No I/O, no clock.
 *
 * A thread is in the stuck set when it is at rest in both snapshots without having run in between,
 * and everyone who could wake it is in the set too. See DESIGN "The proof rule" for why this is
 * sound: between the two collects all of them were at rest at once, and deadlock is stable.
 */
#ifndef RUNNER_PROVE_PROVE_H
#define RUNNER_PROVE_PROVE_H

#include "runner/snapshot/snapshot.h"

struct proof {
	bool *stuck; /* one flag a thread of the *second* snapshot */
	size_t n_threads;
	size_t n_stuck;
	/* Every thread of the root process is in the set, and would be if a live part of the tree
	 * sent signals: to a catcher, or deadly ones to a process that a stuck one waits for. False
	 * where stuck is true only puts the verdict off. */
	bool root_stuck;
	/* For a thread that is not in the set: the index of a waker that is not either, or SIZE_MAX
	 * when the thread itself is not at rest (its `rest` says why; or it ran between the
	 * collects, its object is `outside`, or whoever could wake it is gone by now). */
	size_t *released_by;
};

/* Always succeeds; ret_proof must be freed with proof_done(). A thread that is in only one of the
 * snapshots, has run, or waits on something else now is not at rest. Nothing at all is proven where
 * a process other than a zombie could not be read: it may hold anything. The order of processes,
 * threads and objects does not matter; indexes out of range free whoever depends on them. */
void prove(const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof);
void proof_done(struct proof *p);

/* Those of a process's caught signals whose handlers somebody else's signal could be meant for: not
 * faults, not what a runtime or the libc catches for itself. */
uint64_t prove_handlers_for_others(uint64_t caught);

#endif
