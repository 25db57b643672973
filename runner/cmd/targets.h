/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * targets.h: what the arguments of `hangrate run` name.
 */
#ifndef RUNNER_CMD_TARGETS_H
#define RUNNER_CMD_TARGETS_H

#include "runner/plan/options.h"
#include "runner/plan/target.h"

/* Adds them to the list. 0, or an exit status after one line to standard error. */
int targets_find(const struct run_options *o, struct target_list *l);

#endif
