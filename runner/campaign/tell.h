/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tell.h: what a campaign says of single trials while it runs, on standard error.
 */
#ifndef RUNNER_CAMPAIGN_TELL_H
#define RUNNER_CAMPAIGN_TELL_H

#include "runner/trial/over.h"

/* Why a trial was broken. */
void tell_broken(const struct trial_over *o);
/* A program that takes long looks like one that hangs, until a trial has ended. */
void tell_waiting(void);

#endif
