/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * head.h: what stands in the record of a campaign before its first trial: the plan's name, the
 * machine, and the cells in the plan's order.
 */
#ifndef RUNNER_CAMPAIGN_HEAD_H
#define RUNNER_CAMPAIGN_HEAD_H

#include "runner/plan/options.h"
#include "runner/plan/plan.h"
#include "runner/plan/target.h"
#include "runner/record/record.h"

/* Fills a record that is all zero; nothing is counted in it. command: as typed. */
void head_new(struct record_campaign *r, const struct run_options *o, const struct plan *plan,
	const struct target_list *targets, const char *command);
/* The campaign of an earlier runner, as it stands in the record, is open again. */
void head_reopen(struct record_campaign *r);
/* Both: what this runner was asked for. */
void head_options(struct record_campaign *r, const struct run_options *o);

#endif
