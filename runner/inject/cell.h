/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/cell.h: a cell and a trial, private to inject.c and candidates.c. */
#ifndef RUNNER_INJECT_CELL_H
#define RUNNER_INJECT_CELL_H

#include "runner/inject/auto.h"
#include "runner/inject/engine.h"

#define INJECT_MAX_ENGINES 12

/* What an engine did in all trials of a cell. */
struct inject_totals {
	uint64_t trials, loaded, fired;
};

struct inject {
	struct inject_spec spec;
	struct inject_program program;
	enum arm arm;
	unsigned int bits;
	void *state[INJECT_MAX_ENGINES];
	struct inject_totals totals[INJECT_MAX_ENGINES];
	struct inject_auto *chooser; /* --inject auto: each trial is run by one candidate */
	struct inject **candidates;
	size_t n_candidates, cap_candidates;
	struct inject *learning;     /* of the candidates, the one that learns; NULL: it is over */
	struct inject_target target; /* of auto; its own copy */
	char *left_out;              /* NULL: none */
	char *note;
};

struct inject_trial {
	struct inject *inject;
	struct inject *chosen_by; /* NULL: not a candidate of --inject auto */
	uint64_t seed;
	size_t choice;
	struct hangrate_counters *page; /* NULL: the bare arm */
	int page_fd;
	struct inject_env env;
	void *state[INJECT_MAX_ENGINES];
};

/* Of inject.c: the state of that engine in a cell; NULL: it does not use it. */
void *inject_state_of(const struct inject *i, const struct inject_engine *engine);

/* candidates.c: the injections that "auto" chooses among; each is a cell of its own. */
void candidates_start(struct inject *i, const struct inject_target *target);
void candidates_free(struct inject *i);
/* A trial of the candidate that is next. One that can't start has had its turn. 0 or -errno. */
int candidates_trial_new(struct inject *i, uint64_t seed, struct inject_trial **ret_trial);
/* A trial is over. text: of --inject, repeats it; NULL: it passed. */
void candidates_learn(
	struct inject_trial *t, unsigned int outcome, bool searching, const char *text);

#endif
