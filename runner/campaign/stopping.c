/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/stopping.h"

#include "runner/base/util.h"

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
		o->decide.high, RECORD_DECIDE_ERROR, RECORD_DECIDE_ERROR);
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
