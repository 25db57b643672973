/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alone.h: do the trials of a program disturb each other? A name in /dev/shm, a port or a file that
 * is always the same makes trials fail only while others run beside them. Runs a few more, one at a
 * time, which are counted apart.
 */
#ifndef RUNNER_CAMPAIGN_ALONE_H
#define RUNNER_CAMPAIGN_ALONE_H

#include "runner/plan/options.h"
#include "runner/plan/plan.h"
#include "runner/trial/probe.h"

#define ALONE_TRIALS 20
/* After so many that did not pass, others are not to blame. */
#define ALONE_BAD 3

/* Whether it is worth asking: of a user's program, run bare beside others, not one trial in eight
 * or more passed. Fewer could not be told from none in so few trials. Pure. */
bool alone_is_wanted(const struct run_options *options, const struct record_campaign *record,
	const struct record_cell *cell);
/* Asks for each cell for which it is, for 10 s in all. 0, or -errno of the event loop. */
int alone_run(const struct run_options *options, const struct target_list *targets,
	const struct plan *plan, struct prober *prober, struct record_campaign *record);

#endif
