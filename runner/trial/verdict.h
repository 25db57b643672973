/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdict.h: from the bare facts of a trial's end to its verdict. Pure.
 */
#ifndef RUNNER_TRIAL_VERDICT_H
#define RUNNER_TRIAL_VERDICT_H

#include "runner/trial/over.h"

/* An aborted trial has no verdict: do not ask. */
enum verdict verdict_of(const struct trial_over *over);

/* True when a trial was proven stuck and yet ended, or went on, by itself. */
bool verdict_is_false_proof(const struct trial_over *over);

#endif
