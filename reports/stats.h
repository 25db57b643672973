/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stats.h: the statistics of the reports. Pure functions; special functions come from libRmath.
 * k successes (hangs) of n trials everywhere; confidence as 0.95.
 */
#ifndef REPORTS_STATS_H
#define REPORTS_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats_interval {
	double low, high;
};

/* Clopper-Pearson, two-sided, except at k = 0 and k = n where the exact one-sided bound is given
 * (0 of n: high = 1 - (1-confidence)^(1/n), about 3/n). n = 0 gives [0, 1]. */
struct stats_interval stats_clopper_pearson(uint64_t k, uint64_t n, double confidence);

/* Beta-binomial confidence sequence (uniform prior mixture): valid at every moment of looking, so
 * it may be used with any stopping rule. */
struct stats_interval stats_confidence_sequence(uint64_t k, uint64_t n, double confidence);

#endif
