/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * campaign.h: one run of the plan: hands trials to the loop, takes their ends, keeps the record.
 */
#ifndef RUNNER_CAMPAIGN_CAMPAIGN_H
#define RUNNER_CAMPAIGN_CAMPAIGN_H

#include "runner/plan/options.h"
#include "runner/plan/plan.h"
#include "runner/store/store.h"
#include "runner/plan/target.h"

/* The record had the whole campaign (--resume): no trial was run. */
#define CAMPAIGN_COMPLETE 1

/*
 * Runs it. store may be NULL: no record is kept. command is what the user typed. *ret_record is
 * filled in any case and must be freed with record_campaign_done(). 0 or CAMPAIGN_COMPLETE, or
 * -errno with one line for people in *ret_error (freed by the caller): -EINVAL is a usage error.
 */
int campaign_run(const struct run_options *options, const struct target_list *targets,
	const struct plan *plan, struct store *store, const char *command,
	struct record_campaign *ret_record, char **ret_error);

/* The exit status that the record deserves (enum exit_status). program: a user's program was run.
 */
int campaign_status(const struct record_campaign *c);

#endif
