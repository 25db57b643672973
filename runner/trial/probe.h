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

struct looker; /* what all trials share: known causes, the cost of looking */

struct looker *looker_new(bool own_netns);
void looker_free(struct looker *l);

/* The trial's processes: the tree below root, and those that left it, which the runner knows by
 * their tag. strays() lists the latter anew each time; it returns how many there are, at most max.
 */
struct look_tree {
	pid_t root;
	int (*strays)(void *arg, pid_t *pids, int max);
	void *arg;
};
#define LOOK_MAX_STRAYS 256

/* One trial under observation. Zero-initialise; free with look_done(). */
struct look {
	int64_t next_ns; /* monotonic, when to look again */
	int64_t start_ns, interval_ns;
	unsigned int looks;
	enum { LOOK_NEVER, LOOK_YOUNG, LOOK_OLD } age; /* as the looker has it counted */
	int64_t first_proof_ns; /* a stuck part was first proven then; 0: never */
	int64_t root_proof_ns;  /* the same of the root */
	bool proven;            /* the root is stuck */
	bool root_was_proven;   /* at some earlier look, too */
	bool part_proven;       /* some part of the tree is */
	int64_t last_ran_ns;    /* of the stuck part: its last progress */
	const char *program;    /* borrowed: causes are told apart by it */
	size_t cell;            /* the same of what is not proven: sizes differ by cell */
	bool cause_is_known;    /* set by the caller: a proof needs no explanation */
	bool lives_on;          /* set by the caller: audited, so not to be stopped by a proof */
	struct record_cause *cause; /* owned by the looker */
	struct snapshot earlier;    /* for what it looks like */
	bool has_earlier;
};
void look_done(struct looker *l, struct look *k);
/* program: path of what runs; it outlives k. cell: the trial's. */
void look_start(
	struct look *k, const char *program, size_t cell, int64_t start_ns, int64_t usual_ns);

/* Looks once; sets next_ns. A trial whose root is proven stuck may have been stopped for good (its
 * stacks were taken) unless it lives on: the caller must end it. */
void look_at(struct looker *l, struct look *k, const struct look_tree *tree,
	struct inject_trial *inject, int64_t now_ns);

/* At the deadline, just before the trial is ended: a last proof, and what it looks like. It may
 * have been stopped for good, too. */
enum looks look_finally(struct looker *l, struct look *k, const struct look_tree *tree,
	struct inject_trial *inject);

#endif
