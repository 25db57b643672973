/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stopping.h: when a cell has shown enough (--ci-width, --decide, --until-hang). Pure. A
 * campaign that stops this way has looked at its results, so its intervals are confidence
 * sequences.
 */
#ifndef RUNNER_CAMPAIGN_STOPPING_H
#define RUNNER_CAMPAIGN_STOPPING_H

#include "stats/stats.h"
#include "runner/plan/options.h"
#include "runner/record/record.h"

/* Whether any of these options is given. */
bool stopping_is_wanted(const struct run_options *o);
/* What to call it when every cell has shown enough. */
enum stop_reason stopping_reason(const struct run_options *o);
/* Whether this cell has. */
bool stopping_is_enough(const struct run_options *o, const struct record_cell *cell);
enum stats_decision stopping_decision(const struct run_options *o, const struct record_cell *cell);

/*
 * Whether the injected arm hangs less often than the bare one with STOPPING_CONFIDENCE. It may be
 * asked after every trial: the answer is wrong in 1 campaign of 20 at most, however often.
 */
#define STOPPING_CONFIDENCE 0.95
bool stopping_is_rarer(const struct record_cell *injected, const struct record_cell *bare);

#endif
