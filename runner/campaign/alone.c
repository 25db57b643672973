/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/alone.h"

#include "runner/base/environ.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"
#include "runner/trial/verdict.h"
#include "runner/trial/watch.h"

#define TIME_NS (10 * NSEC_PER_SEC)
/* Fewer say little about how often they pass. */
#define TRIALS_LEAST 8
#define BAD_SHARE 8

extern char **environ;

struct alone {
	const struct target *target;
	struct record_cell *cell;
	size_t place;
	uint64_t seed, begun;
	int64_t end_ns;
	bool interrupted;
};

static bool on_next(void *arg, struct trial *ret_trial)
{
	static char *const nothing[] = { NULL };
	char *const *more[] = { nothing };
	struct alone *a = arg;

	if (a->interrupted || a->begun == ALONE_TRIALS || a->cell->alone_bad >= ALONE_BAD ||
		time_now_ns() >= a->end_ns)
		return false;
	*ret_trial = (struct trial){
		.target = a->target,
		.cell = a->place,
		.index = a->begun,
		.seed = hash_mix(a->seed + a->begun),
		.env = environ_merge(environ, more, 1),
		.deadline_ns = a->cell->deadline_ns,
		.give_up_ns = a->end_ns,
	};
	a->begun++;
	return true;
}

static void on_over(void *arg, struct trial_over *o)
{
	struct alone *a = arg;
	enum verdict v;

	if (o->end == TRIAL_ABORTED)
		return;
	v = verdict_of(o);
	if (v == VERDICT_BROKEN || v == VERDICT_SKIP)
		return;
	a->cell->alone++;
	a->cell->alone_bad += v != VERDICT_PASS;
}

static void on_tick(void *arg, int64_t now_ns)
{
	(void)arg;
	(void)now_ns;
}

static void on_interrupted(void *arg, const struct watch_signal *signal)
{
	struct alone *a = arg;

	(void)signal;
	a->interrupted = true;
}

bool alone_is_wanted(const struct run_options *options, const struct record_campaign *record,
	const struct record_cell *cell)
{
	uint64_t n = record_cell_trials(cell), bad = n - cell->count[VERDICT_PASS];

	return options->jobs > 1 && !options->isolate && !options->budget_ns &&
	       !options->until_hang && record->stop == STOP_DONE && !record->sequential &&
	       cell->expect == EXPECT_NONE && cell->arm == ARM_BARE && !cell->canary &&
	       n >= TRIALS_LEAST && bad * BAD_SHARE >= n && cell->count[VERDICT_DEADLOCK] < n;
}

int alone_run(const struct run_options *options, const struct target_list *targets,
	const struct plan *plan, struct prober *prober, struct record_campaign *record)
{
	static const struct watch_ops ops = { on_next, on_over, on_tick, on_interrupted };
	int64_t end_ns = time_now_ns() + TIME_NS;
	int r = 0;

	for (size_t i = 0; i < record->n_cells && r >= 0; i++) {
		struct alone a = {
			.target = &targets->targets[plan->cells[i].target],
			.cell = &record->cells[i],
			.place = i,
			.seed = options->seed ^ plan->cells[i].key,
			.end_ns = end_ns,
		};

		if (alone_is_wanted(options, record, a.cell))
			r = watch_run(1, NULL, prober, &ops, &a);
		if (a.interrupted)
			break;
	}
	return r;
}
