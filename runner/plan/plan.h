/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plan.h: which trials, in which order. A pure function of options, targets and the seed: same
 * seed, same plan, on any machine. Arms are interleaved in rounds: each round runs every cell once,
 * in an order drawn for that round, so that noise of the machine falls on all arms alike.
 */
#ifndef RUNNER_PLAN_PLAN_H
#define RUNNER_PLAN_PLAN_H

#include "runner/inject/inject.h"
#include "runner/plan/options.h"
#include "runner/plan/target.h"

/* A cell that is run by zygotes is run by exec, too, in every round of that number. */
#define PLAN_CHECK_ROUNDS 16

struct plan_cell {
	size_t target; /* index into the target list */
	char *label;   /* canonical levels and injection: "holding-registry=10ms heap=64M" */
	char *knobs;   /* value of HANGRATE_KNOBS, NULL: unset */
	struct inject_spec spec; /* what is injected; empty in a bare cell */
	enum arm arm;
	bool canary, once;
	bool zygote; /* its program is loaded once and forked for each trial */
	bool check;  /* the same cell by exec, in some rounds, to be compared with check_of */
	size_t check_of;
	double dose;      /* of the first knob that has more than one level; negative: none */
	uint64_t key;     /* hash of target, variant, libc and label: seeds depend on it, on nothing
			     else */
	uint64_t command; /* hash of what a user's program is; 0: its name says it */
};

struct plan {
	struct plan_cell *cells;
	size_t n_cells, cap_cells;
	struct inject_spec spec; /* of --inject */
	uint64_t seed;
	uint64_t trials; /* a cell */
	unsigned int shard, shards;
};

/* 0 or -EINVAL with *ret_why one line (freed by the caller) that quotes the place. */
int plan_make(const struct run_options *options, const struct target_list *targets,
	struct plan *ret_plan, char **ret_why);
void plan_done(struct plan *p);

struct plan_trial {
	size_t cell;
	uint64_t index; /* within the cell, counted over all shards */
	uint64_t seed;
	uint64_t position; /* in the plan, counted over all shards */
};

/* Where a walk through the plan is. Zero-initialise; free with plan_walk_done(). */
struct plan_walk {
	uint64_t position;
	uint64_t round; /* whose order is in `order`, plus 1 */
	size_t *order;
};
/* False at the end. */
bool plan_next(const struct plan *p, struct plan_walk *w, struct plan_trial *ret_trial);
void plan_walk_done(struct plan_walk *w);
/* The trial at this position; false: there is none, or it belongs to another shard. */
bool plan_at(
	const struct plan *p, struct plan_walk *w, uint64_t position, struct plan_trial *ret_trial);
/* How many trials each shard has, canaries among them: ret_trials[shards]. Walks through the whole
 * plan, which must have an end. */
void plan_count(const struct plan *p, uint64_t *ret_trials);

/* Name of the plan: equal for all shards of one campaign, different for any other. */
char *plan_key(const struct plan *p);

#endif
