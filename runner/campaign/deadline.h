/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deadline.h: how long a trial may take, learned from clean trials. Pure.
 */
#ifndef RUNNER_CAMPAIGN_DEADLINE_H
#define RUNNER_CAMPAIGN_DEADLINE_H

#include "runner/record/record.h"

struct deadline {
	int64_t ns;
	/* More time, once, for a trial that still makes progress then, and for one that sleeps
	 * until a timer of its own. 0 where the deadline is a word of the user or of the variant,
	 * or where nothing ever ended. */
	int64_t extend_ns, extend_asleep_ns;
};

/*
 * In order: what the user gave, what the variant declares, 20 times the longest clean trial of the
 * cell, 40 times that of the target's other cells; never below 1 s. While no trial has ended by
 * itself 10 s, and much more for a program that makes progress, since it may just take that long;
 * and 1 s once four have not, since then nothing says that any ever will. of_target: clean trials
 * of all cells of the target; 0 where not known or not given.
 */
struct deadline deadline_for(const struct record_cell *cell, const struct record_hist *of_target,
	uint64_t target_timeouts, int64_t given_ns, int64_t declared_ns);

#endif
