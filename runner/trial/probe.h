/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * look.h: when to look at a running trial, and what was seen. Joins snapshot, proof and explanation
 * for the event loop; decides no verdict.
 *
 * A trial is first looked at when it has outlived what is usual for its cell, then again and again
 * with back-off. Looking in vain at all trials together costs at most about a tenth of a core in
 * the first second of their lives, and 1 % of a core after that.
 */
#ifndef RUNNER_TRIAL_PROBE_H
#define RUNNER_TRIAL_PROBE_H

#include "runner/inject/inject.h"
#include "runner/record/record.h"
#include "runner/snapshot/snapshot.h"

struct prober; /* what all trials share: known causes, the cost of looking */

struct prober *prober_new(bool own_netns);
void prober_free(struct prober *l);

/* The trial's processes: the tree below root, and those that left it, which the runner knows by
 * keeper. orphans() lists the latter anew each time; it returns how many there are, at most max;
 * -1: they cannot be listed now, so nothing may be proven. */
struct probe_tree {
	pid_t root;
	pid_t keeper; /* root's parent */
	int (*orphans)(void *arg, pid_t *pids, int max);
	void *arg;
};
#define PROBE_MAX_ORPHANS 256

/* One trial under observation. Zero-initialise; free with probe_done(). */
struct probe {
	int64_t next_ns; /* monotonic, when to look again */
	int64_t start_ns, interval_ns;
	unsigned int probe_count;
	enum { PROBE_NEVER, PROBE_YOUNG, PROBE_OLD } age; /* as the looker has it counted */
	int64_t first_proof_ns; /* a stuck part was first proven then; 0: never */
	int64_t root_proof_ns;  /* the same of the root */
	bool proven;            /* the root is stuck */
	bool root_was_proven;   /* at some earlier look, too */
	bool part_proven;       /* some part of the tree is */
	bool undecided;      /* the last look could not tell: a thread has not answered in time */
	int64_t last_ran_ns; /* of the stuck part: its last progress */
	const char *program; /* borrowed: causes are told apart by it */
	bool timer_seen;     /* it has one armed that the list of timers did not show */
	unsigned int asked;  /* how often it was asked for its timers */
	size_t cell;         /* the same of what is not proven: sizes differ by cell */
	bool cause_is_known; /* set by the caller: a proof needs no explanation */
	bool lives_on;       /* set by the caller: audited, so not to be stopped by a proof */
	struct record_cause *cause; /* owned by the looker */
	struct snapshot earlier;    /* for what it looks like */
	bool has_earlier;
};
void probe_done(struct prober *l, struct probe *k);
/* program: path of what runs; it outlives k. cell: the trial's. */
void probe_start(
	struct probe *k, const char *program, size_t cell, int64_t start_ns, int64_t usual_ns);

/* Looks once; sets next_ns. A trial whose root is proven stuck may have been stopped for good (its
 * stacks were taken) unless it lives on: the caller must end it. */
void probe_at(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject, int64_t now_ns);

/* Two pictures for the question whether the trial makes progress, some time apart: the first, and
 * what the tree looks like since then, and whether anything in it ran. */
void probe_remember(struct prober *l, struct probe *k, const struct probe_tree *tree);
enum appearance probe_progress(
	struct prober *l, struct probe *k, const struct probe_tree *tree, bool *ret_moved);

/* At the deadline, just before the trial is ended: a last proof, and what it looks like. It may
 * have been stopped for good, too. */
enum appearance probe_finally(struct prober *l, struct probe *k, const struct probe_tree *tree,
	struct inject_trial *inject);

#endif
