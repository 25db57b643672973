/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * campaign.h: campaigns that look like real ones, for tests of reports and to look at the HTML.
 * Counts are drawn from a seed; nothing is measured.
 */
#ifndef TESTS_DEMO_CAMPAIGN_H
#define TESTS_DEMO_CAMPAIGN_H

#include "runner/record/record.h"

/* Scenarios on three libcs with sweeps, causes and a user's program; some unmet expectation. */
void demo_campaign(struct record_campaign *c, uint64_t seed, double rise);
/* `cells` cells with `trials` each, long names, many causes: the largest page. */
void demo_large(struct record_campaign *c, size_t cells, uint64_t trials);

#endif
