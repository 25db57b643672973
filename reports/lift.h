/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lift.h: how much more often an injected arm hangs than the bare one. Pure.
 */
#ifndef REPORTS_LIFT_H
#define REPORTS_LIFT_H

#include "stats/stats.h"
#include "runner/record/record.h"

struct lift {
	double value;             /* p(injected) / p(base); INFINITY where only the former hung */
	bool against_null;        /* the base is the null arm, else the bare one */
	struct stats_interval ci; /* 95 %: Koopman's, or a sequence where it was looked at */
};

/* False where there is nothing to compare: no injected arm, nothing that it injected, no bare one,
 * no trials, no hang on either side. */
bool lift_of(
	const struct record_campaign *c, const struct record_cell *cell, struct lift *ret_lift);

/* Whether a null arm hangs, or ends badly, otherwise than its bare one, with 99 %: then the
 * injector alone changes the program, and lift is stated against the null arm. */
bool lift_null_differs(const struct record_campaign *c, const struct record_cell *null);
/* "lift 12.5 [4.1, 52]: P(hang) bare 0.8 %, null 0.9 %, injected 10 %"; NULL where
 * lift_of() says false. The caller frees it. */
char *lift_words(const struct record_campaign *c, const struct record_cell *cell);

#endif
