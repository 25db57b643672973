/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * arms.h: the injectors of a campaign's cells, and whether an arm is worth its trials.
 */
#ifndef RUNNER_CAMPAIGN_ARMS_H
#define RUNNER_CAMPAIGN_ARMS_H

#include "runner/inject/inject.h"
#include "runner/plan/plan.h"
#include "runner/record/record.h"
#include "runner/plan/target.h"

#include <stdbool.h>
#include <stddef.h>

struct arms {
	const struct plan *plan;
	struct inject **inject; /* one a cell, NULL: none */
	bool *off;              /* one a cell: switched off */
	size_t n;
};

/*
 * Makes an injector for every cell that has one, with its first note in the cell's counters.
 * 0, or -errno with one line in *ret_error (freed by the caller): -EINVAL is a usage error. Call
 * arms_done() in any case.
 */
int arms_start(struct arms *a, const struct plan *plan, const struct target_list *targets,
	struct record_campaign *record, char **ret_error);
/* Copies the injectors' final notes into the cells' counters. */
void arms_note(struct arms *a, struct record_campaign *record);
void arms_done(struct arms *a);

/* False: no engine can reach the target, so the arm would only repeat the bare one. */
bool arms_reaches(const struct arms *a, size_t cell);

/*
 * After each trial of `cell`: the injected arm that is now switched off because it makes hangs
 * rarer than its bare arm (stopping_is_rarer()), SIZE_MAX: none. Sets switched_off and the note of
 * its record.
 */
size_t arms_switch_off(struct arms *a, struct record_campaign *record, size_t cell);

#endif
