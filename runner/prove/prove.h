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

/* How sure it is that a thread never runs again. Each grade holds what the lower ones do. */
enum stuck_grade {
	STUCK_NOT,
	/* Until a named condition comes true: some `unless` of an object or a thread of the set. */
	STUCK_UNLESS,
	/* Until a process signals it: a process of the set has a handler, and some part of the tree
	 * lives. A live thread could send that signal. */
	STUCK_UNLESS_SIGNALLED,
	STUCK_CERTAIN, /* no signal of the tree's can help, but to kill it */
	STUCK_GRADE_COUNT,
};

struct proof {
	enum stuck_grade *grade; /* one a thread of the *second* snapshot */
	size_t n_threads;
	size_t n_unless;  /* threads of STUCK_UNLESS and above */
	size_t n_certain; /* threads of STUCK_CERTAIN */
	/* Of grade `least` and above: STUCK_UNLESS_SIGNALLED, which is what a deadline makes a
	 * deadlock, or what was asked of prove_select(). */
	enum stuck_grade least;
	bool *stuck;
	size_t n_stuck;
	/* Every thread of the root process is in the set, and would be if a live part of the tree
	 * sent signals: to a catcher, or deadly ones to a process that a stuck one waits for. A
	 * false negative only delays the verdict. */
	bool root_stuck;
	/* For a thread that is not stuck: the index of a waker that is not either, or SIZE_MAX when
	 * the thread itself is not blocked for good (its `rest` says why; or it ran between the
	 * collects, its object is external or has a condition, or a possible waker is gone by now).
	 */
	size_t *released_by;
};

/* Always succeeds; ret_proof must be freed with proof_done(). A thread that is in only one of the
 * snapshots, has run, or waits on something else now is not at rest. Nothing at all is proven where
 * a process other than a zombie could not be read: it may hold anything. The order of processes,
 * threads and objects does not matter; indexes out of range release the threads that depend on
 * them. */
void prove(const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof);
/* The same, where it is known that no process of the stuck set has a timer armed. */
void prove_without_timers(
	const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof);
void proof_done(struct proof *p);
/* Fills stuck and n_stuck anew: threads of that grade and above. */
void prove_select(struct proof *p, enum stuck_grade least);
/* What is a deadlock at the deadline, and if no thread is, what is stuck unless a condition comes
 * true. */
void prove_select_best(struct proof *p);

/* All that is stuck is so only until a condition comes true: of a proof for which somebody who
 * could be asked did not answer. Selects it. */
void prove_demote(struct proof *p);

/* Those of a process's caught signals whose handlers somebody else's signal could be meant for: not
 * faults, not what a runtime or the libc catches for itself. */
uint64_t prove_handlers_for_others(uint64_t caught);

#endif
