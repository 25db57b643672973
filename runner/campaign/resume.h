/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume.h: the campaign of a plan that stands in a record already (`run --resume`).
 */
#ifndef RUNNER_CAMPAIGN_RESUME_H
#define RUNNER_CAMPAIGN_RESUME_H

#include "runner/plan/pending.h"
#include "runner/plan/plan.h"
#include "runner/plan/target.h"
#include "runner/store/store.h"

enum resume_state {
	RESUME_NONE,     /* the record has none: it is begun */
	RESUME_OPEN,     /* its runner was stopped: it goes on */
	RESUME_COMPLETE, /* it was finished: nothing is left to do */
};

/*
 * The newest campaign of this plan and this shard. Unless there is none *ret_campaign is as the
 * record has it, to be freed by the caller, and *ret_pending says what is left. 0, or -errno with
 * one line in *ret_why (freed by the caller): -EINVAL: it cannot go on, since the program is
 * another now or it stopped at a moment that the record does not tell.
 */
int resume_find(struct store *s, const struct plan *p, const struct target_list *targets,
	enum resume_state *ret_state, struct record_campaign *ret_campaign,
	struct pending *ret_pending, char **ret_why);

#endif
