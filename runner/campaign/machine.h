/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * machine.h: the machine that a campaign ran on, for its record.
 */
#ifndef RUNNER_CAMPAIGN_MACHINE_H
#define RUNNER_CAMPAIGN_MACHINE_H

#include "runner/record/record.h"

/* Fills host, kernel, cpu and cpus. */
void machine_describe(struct record_campaign *r);

#endif
