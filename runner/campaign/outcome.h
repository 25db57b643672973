/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outcome.h: why a trial failed or crashed, as far as its status and its last words tell. Pure.
 */
#ifndef RUNNER_CAMPAIGN_OUTCOME_H
#define RUNNER_CAMPAIGN_OUTCOME_H

#include "runner/record/record.h"

#define OUTCOME_OUTPUT_MAX 4096 /* bytes of a cause's output that are kept, its end */

/* The line of a program's output that says most: a sanitizer's summary, a panic, else the last one
 * that is not blank. Bounded, without what is no text. "": none. The caller frees it. */
char *outcome_last_words(const char *output, size_t len);
/*
 * The cause of a trial that failed or crashed: class, summary ("status 2: no such file"), a key
 * that leaves out numbers, and its output as the detail's JSON. status: of waitpid(2). The caller
 * frees it with record_cause_done().
 */
void outcome_cause(int status, const char *output, size_t len, struct record_cause *ret_cause);

#endif
