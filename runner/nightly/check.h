/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.h: did a cell get worse than it was in the nights before? A pure judgement of records.
 *
 * Gate: one-sided Fisher of the campaign's hangs against all nights pooled, Holm over the cells,
 * and a least difference that is worth an alarm. Where the nights themselves differ by more than
 * chance, counts are first divided by that dispersion (quasi-binomial), so that a restless machine
 * raises no alarm. What passes the gate is only suspicious: an alarm needs a confirmation on fresh
 * seeds. docs/statistics.md has the simulated false alarms and power.
 */
#ifndef RUNNER_NIGHTLY_CHECK_H
#define RUNNER_NIGHTLY_CHECK_H

#include "stats/stats.h"
#include "runner/record/record.h"

#define CHECK_ALPHA 0.003      /* P(any suspicion | nothing changed), of one night */
#define CHECK_MIN_EFFECT 0.001 /* least difference of P(hang) */
#define CHECK_CONFIRM_ALPHA 0.01
#define CHECK_NIGHTS 14

struct check_options {
	double alpha, min_effect;
};

enum check_result {
	CHECK_SAME,
	CHECK_SUSPECT,     /* passes the gate */
	CHECK_NO_BASELINE, /* no night has this cell */
	CHECK_NO_TRIALS,   /* the night ran none of it, though it was planned */
};

struct check_cell {
	const struct record_cell *cell; /* in the campaign */
	enum check_result result;
	struct stats_count now, base;
	size_t nights; /* that had the cell */
	double p, adjusted;
	double dispersion; /* 1, or the ratio that the counts were divided by */
};

struct check {
	struct check_cell *cells; /* all but canaries and skipped cells */
	size_t n_cells, n_suspects, n_unknown;
	/* Cells of the newest night that the campaign lacks: a test that vanished is no success. */
	const struct record_cell **lost;
	size_t n_lost, cap_lost;
};

/* Why nothing in a campaign may be believed, as one line; NULL: sound. As in check_unsound(). */
const char *check_fault(const struct record_campaign *c, bool newest);
/* Why a campaign can't be judged or compared with, as one line; NULL: it can. The text is static or
 * the campaign's own. newest: it is the one that is judged. */
const char *check_unsound(const struct record_campaign *c, bool newest);

/* nights: sound ones only, newest first; they must outlive ret_check. Free with check_done(). */
void check_campaign(const struct record_campaign *c, const struct record_campaign *nights,
	size_t n_nights, const struct check_options *options, struct check *ret_check);
void check_done(struct check *k);

/* Whether a fresh run of a suspect, on seeds that had no part in the suspicion, says the same.
 * n_suspects: among which the error is shared. */
bool check_confirms(const struct check_cell *cell, struct stats_count fresh, size_t n_suspects);

#endif
