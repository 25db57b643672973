/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * queue.h: the trials of a plan in the order in which they are run, and which of them are not
 * counted yet. What an earlier runner of the plan had begun comes first.
 */
#ifndef RUNNER_CAMPAIGN_QUEUE_H
#define RUNNER_CAMPAIGN_QUEUE_H

#include "runner/plan/pending.h"
#include "runner/plan/plan.h"

/* Zero-initialise but for the plan; free with queue_done(). */
struct queue {
	const struct plan *plan;
	struct plan_walk walk;
	struct pending pending, again; /* not counted yet; of an earlier runner, to be run first */
	struct plan_trial held;        /* taken and put back */
	bool is_held;
};
void queue_done(struct queue *q);

/* Goes on where an earlier runner stopped; takes what is in `again`. */
void queue_resume(struct queue *q, struct pending *again);

/* The next trial; false at the end. A trial that is run must be begun with queue_begin(), and
 * queue_over() tells that it is counted; one that is not run is given up. */
bool queue_next(struct queue *q, struct plan_trial *ret_trial);
/* The next canary of the first round; what is passed over is left for another runner. */
bool queue_next_canary(struct queue *q, struct plan_trial *ret_trial);
void queue_begin(struct queue *q, const struct plan_trial *t);
void queue_over(struct queue *q, uint64_t position);

#endif
