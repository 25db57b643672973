/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h: the statistics of the reports. Pure functions; special functions come from libRmath.
 * k successes (hangs) of n trials everywhere, k <= n; confidence as 0.95, error rates as 0.05.
 * docs/statistics.md says when each is used and how it was checked; tests/oracle/ holds the values
 * of R, scipy and statsmodels that the tests compare with.
 *
 * Sources are named at each function. Nothing here allocates, prints, or draws random numbers.
 */
#ifndef STATS_STATS_H
#define STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats_interval {
	double low, high;
};

/* k hangs of n trials. */
struct stats_count {
	uint64_t k, n;
};

/* --- one proportion: stats.c --- */

/* Clopper-Pearson, two-sided, except at k = 0 and k = n where the exact one-sided bound is given
 * (0 of n: high = 1 - (1-confidence)^(1/n), about 3/n). n = 0 gives [0, 1]. */
struct stats_interval stats_clopper_pearson(uint64_t k, uint64_t n, double confidence);

/* Beta-binomial confidence sequence (uniform prior mixture): valid at every moment of looking, so
 * it may be used with any stopping rule. */
struct stats_interval stats_confidence_sequence(uint64_t k, uint64_t n, double confidence);

/* Wilson's score interval: to draw, never to decide (its coverage falls to 0.84 for p < 1 %). */
struct stats_interval stats_wilson(uint64_t k, uint64_t n, double confidence);

/* Exact upper bound after 0 of n; 1 for n = 0. */
double stats_zero_bound(uint64_t n, double confidence);

/* --- comparison: stats/compare.c. "new" is what is suspected to be worse than "base". --- */

/* One-sided exact test: P(at least new.k of the hangs fall on new's side | margins). 1 when either
 * side is empty. */
double stats_fisher_greater(struct stats_count new, struct stats_count base);

/* Interval for p(new) - p(base): Newcombe 1998, method 10. [-1, 1] when either side is empty. */
struct stats_interval stats_newcombe(
	struct stats_count new, struct stats_count base, double confidence);

/* Interval for the lift p(new) / p(base): Koopman 1984, score. high is INFINITY when base.k = 0,
 * low is 0 when new.k = 0. */
struct stats_interval stats_ratio(
	struct stats_count new, struct stats_count base, double confidence);

/* The same valid at every moment of looking, so with any stopping rule: each side has a confidence
 * sequence of its own that misses with half the error. high is INFINITY while base may be 0. */
struct stats_interval stats_ratio_sequence(
	struct stats_count new, struct stats_count base, double confidence);

/* Holm's step-down adjustment: adjusted[i] <= alpha is rejected while P(any false rejection) stays
 * below alpha, under any dependence. order is scratch of n elements. */
void stats_holm(const double *p, size_t n, size_t *order, double *ret_adjusted);

/* Do parts that should be alike (shards, nights) differ by more than chance? */
struct stats_dispersion {
	double chi2;     /* Pearson's, over parts with n > 0 */
	unsigned int df; /* 0: fewer than two parts, or all of them 0 or all n: nothing to say */
	double ratio;    /* chi2 / df; about 1 when only chance is at work */
	double p;        /* P(this or more | only chance), chi-squared */
	bool rough;      /* an expected count is below 1: p is no more than a hint */
};
struct stats_dispersion stats_overdispersion(const struct stats_count *parts, size_t n);

/* --- dose and response: stats/dose.c --- */

/* Cochran-Armitage: one-sided P(a rising trend like this | none). 1 when there is nothing to see
 * (no hangs, only hangs, one dose). ret_z may be NULL. */
double stats_trend(const double *dose, const struct stats_count *count, size_t n, double *ret_z);

/* logit P(hang) = a + b x, Firth's penalised likelihood: finite also when dose separates the
 * outcomes perfectly, which is what a good injection does. */
struct stats_logistic {
	double a, b;
	double var_a, var_b, cov; /* inverse Fisher information at the estimate */
};
/* 0; -EINVAL for fewer than two distinct x with trials, -EDOM when it does not converge. */
int stats_firth(
	const double *x, const struct stats_count *count, size_t n, struct stats_logistic *ret_fit);
/* P(hang) at x, and its Wald interval on the logit scale. */
double stats_logistic_at(const struct stats_logistic *fit, double x);
struct stats_interval stats_logistic_band(
	const struct stats_logistic *fit, double x, double confidence);
/* x where P(hang) is one half, with Fieller's interval; an end is infinite where the data does not
 * bound it. -ERANGE when the slope can't be told from zero (then there is no such dose to state).
 */
int stats_ed50(const struct stats_logistic *fit, double confidence, double *ret_x,
	struct stats_interval *ret_interval);

/* --- time to detection: stats/time.c --- */

struct stats_time {
	double t;          /* ascending, distinct */
	uint64_t events;   /* detected at t */
	uint64_t censored; /* watched until t and not detected (the deadline came) */
};
struct stats_survival {
	double surviving;         /* Kaplan-Meier S(t), just after t */
	struct stats_interval ci; /* log-log (Kalbfleisch-Prentice); [S, S] where S is 0 or 1 */
};
void stats_kaplan_meier(const struct stats_time *times, size_t n, double confidence,
	struct stats_survival *ret_points);

/* --- how many runs: stats/plan.c --- */

/* Exact power of the one-sided Fisher test at level alpha: P(p-value <= alpha) when new has n1
 * trials at p1 and base n0 at p0. */
double stats_fisher_power(double p1, uint64_t n1, double p0, uint64_t n0, double alpha);

/* Least trials of the new arm for that power when the baseline has `ratio` times as many; found by
 * bisection, so exact but for the saw-tooth of a discrete test. 0: not within 2^32. */
uint64_t stats_runs_for_power(double p1, double p0, double ratio, double alpha, double power);

/* Runs a bisect step so that `steps` steps with a hang of probability p go wrong anywhere with
 * probability `error` at most: all runs clean <=> called good. 0 when p <= 0. */
uint64_t stats_runs_for_bisect(double p, unsigned int steps, double error);

/* Clean runs (0 hangs) until the exact bound says p is below p_before / factor. Use the low end of
 * the old interval as p_before to be strict. 0 when p_before <= 0. */
uint64_t stats_clean_runs(double p_before, double factor, double confidence);

/* Sequential decision between p <= p0 and p >= p1 (Wald's likelihood ratio with the boundaries
 * 1/alpha and beta, so that both error rates hold exactly at any stopping time). */
enum stats_decision {
	STATS_UNDECIDED,
	STATS_LOW,  /* p <= p0 */
	STATS_HIGH, /* p >= p1 */
};
/* 0 <= p0 < p1 <= 1. alpha: P(HIGH | p0); beta: P(LOW | p1). */
enum stats_decision stats_decide(
	uint64_t k, uint64_t n, double p0, double p1, double alpha, double beta);

#endif
