/* SPDX-License-Identifier: GPL-3.0-or-later */
/* causes.h: the causes of a cell, counted trial by trial. Pure. */
#ifndef RUNNER_CAMPAIGN_CAUSES_H
#define RUNNER_CAMPAIGN_CAUSES_H

#include "runner/record/record.h"
#include "runner/trial/over.h"

/* Kinds of failing and crashing that a cell tells apart; those that come later are one. */
#define CAUSES_MAX_OUTCOMES 16

/* Counts the cause of this trial; NULL: a trial with this verdict has none. The pointer is good
 * until the next call for that cell. */
struct record_cause *causes_count(
	struct record_cell *cell, const struct trial_over *o, enum verdict v);

#endif
