/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial_environ.h: the environment of a trial. */
#ifndef RUNNER_CAMPAIGN_TRIAL_ENVIRON_H
#define RUNNER_CAMPAIGN_TRIAL_ENVIRON_H

#include "runner/plan/plan.h"
#include "runner/plan/target.h"

/* Ours, with what injection and zygote need ("NAME=value" strings, NULL: nothing). One allocation
 * for free(). */
char **trial_environ(const struct target *target, const struct plan_cell *cell, uint64_t seed,
	char *const *inject, char *const *zygote);

#endif
