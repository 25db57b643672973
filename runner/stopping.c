/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/stopping.h"

#include "runner/util.h"

static bool decides(const struct run_options *o)
{
	return o->decide.high > 0;
}

bool stopping_is_wanted(const struct run_options *o)
{
	return o->ci_width > 0 || decides(o) || o->until_hang;
}

enum stop_reason stopping_reason(const struct run_options *o)
{
	if (decides(o) || o->until_hang)
		return STOP_DECIDED;
	return o->ci_width > 0 ? STOP_PRECISE : STOP_DONE;
}

enum stats_decision stopping_decision(const struct run_options *o, const struct record_cell *cell)
{
	return stats_decide(record_cell_hangs(cell), record_cell_trials(cell), o->decide.low,
		o->decide.high, STOPPING_ERROR, STOPPING_ERROR);
}

bool stopping_is_enough(const struct run_options *o, const struct record_cell *cell)
{
	struct stats_interval ci;

	if (cell->canary)
		return false;
	if (decides(o) && stopping_decision(o, cell) != STATS_UNDECIDED)
		return true;
	if (!(o->ci_width > 0))
		return false;
	ci = stats_confidence_sequence(
		record_cell_hangs(cell), record_cell_trials(cell), STOPPING_CONFIDENCE);
	return ci.high - ci.low <= o->ci_width;
}

bool stopping_is_rarer(const struct record_cell *injected, const struct record_cell *bare)
{
	struct stats_count new = { record_cell_hangs(injected), record_cell_trials(injected) };
	struct stats_count old = { record_cell_hangs(bare), record_cell_trials(bare) };

	/* Asked often, answered cheaply where it is plain. */
	if (!new.n || !old.k || (double)new.k *(double)old.n >= (double)old.k *(double)new.n)
		return false;
	return stats_ratio_sequence(new, old, STOPPING_CONFIDENCE).high < 1;
}

static char *what_is_shown(const struct run_options *o, const size_t n[STATS_HIGH + 1])
{
	if (n[STATS_HIGH] + n[STATS_LOW] + n[STATS_UNDECIDED] == 1)
		return n[STATS_HIGH]  ? mem_printf("above %g %%", 100 * o->decide.low)
		       : n[STATS_LOW] ? mem_printf("below %g %%", 100 * o->decide.high)
				      : mem_strdup("not decided");
	return mem_printf("above %g %% in %zu cells, below %g %% in %zu, not decided in %zu",
		100 * o->decide.low, n[STATS_HIGH], 100 * o->decide.high, n[STATS_LOW],
		n[STATS_UNDECIDED]);
}

char *stopping_summary(const struct run_options *o, const struct record_campaign *c)
{
	cleanup(cleanup_free) char *shown = NULL;
	size_t n[STATS_HIGH + 1] = {};

	if (!decides(o))
		return NULL;
	for (size_t i = 0; i < c->n_cells; i++)
		if (!c->cells[i].canary && record_cell_trials(&c->cells[i]))
			n[stopping_decision(o, &c->cells[i])]++;
	shown = what_is_shown(o, n);
	return mem_printf("P(hang) is %s; either answer is wrong with %g %% at most", shown,
		100 * STOPPING_ERROR);
}
