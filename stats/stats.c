/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats.c: intervals for one proportion. */
#include "stats/stats.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

double stats_zero_bound(uint64_t n, double confidence)
{
	return n ? -expm1(log1p(-confidence) / (double)n) : 1;
}

struct stats_interval stats_clopper_pearson(uint64_t k, uint64_t n, double confidence)
{
	double alpha = 1 - confidence, dk = (double)k, dn = (double)n;
	struct stats_interval r = { 0, 1 };

	if (n == 0)
		return r;
	if (k == 0) {
		r.high = stats_zero_bound(n, confidence);
		return r;
	}
	if (k >= n) {
		r.low = exp(log(alpha) / dn);
		return r;
	}
	r.low = qbeta(alpha / 2, dk, dn - dk + 1, 1, 0);
	r.high = qbeta(alpha / 2, dk + 1, dn - dk, 0, 0);
	return r;
}

/*
 * Log of the martingale's reciprocal times 1/alpha at p: by Ville's inequality the mixture
 * likelihood ratio exceeds 1/alpha at any time with probability alpha at most, so the sequence is
 * {p : sequence_excess(p) >= 0}. It is the log density of Beta(k+1, n-k+1) less log alpha: concave
 * with its top at k/n, where it is positive since no density on [0, 1] stays below 1.
 */
static double sequence_excess(double p, double k, double n, double alpha)
{
	return k * log(p) + (n - k) * log1p(-p) - lbeta(k + 1, n - k + 1) - log(alpha);
}

static double sequence_root(double external, double inside, double k, double n, double alpha)
{
	for (int i = 0; i < 200; i++) {
		double mid = external + (inside - external) / 2;

		if (mid == external || mid == inside)
			break;
		if (sequence_excess(mid, k, n, alpha) < 0)
			external = mid;
		else
			inside = mid;
	}
	return external;
}

struct stats_interval stats_confidence_sequence(uint64_t k, uint64_t n, double confidence)
{
	double alpha = 1 - confidence, dk = (double)k, dn = (double)n;
	struct stats_interval r = { 0, 1 };

	if (n == 0)
		return r;
	if (k > 0 && k < n) {
		r.low = sequence_root(0, dk / dn, dk, dn, alpha);
		r.high = sequence_root(1, dk / dn, dk, dn, alpha);
	} else if (k == 0) {
		r.high = -expm1((log(alpha) - log1p(dn)) / dn);
	} else {
		r.low = exp((log(alpha) - log1p(dn)) / dn);
	}
	return r;
}

struct stats_interval stats_wilson(uint64_t k, uint64_t n, double confidence)
{
	double z = -qnorm((1 - confidence) / 2, 0, 1, 1, 0), dn = (double)n, p, half, centre;
	struct stats_interval r = { 0, 1 };

	if (n == 0)
		return r;
	p = (double)k / dn;
	centre = p + z * z / (2 * dn);
	half = z * sqrt(p * (1 - p) / dn + z * z / (4 * dn * dn));
	/* At the edges the formula gives 0 and 1 but for rounding. */
	if (k > 0)
		r.low = (centre - half) / (1 + z * z / dn);
	if (k < n)
		r.high = (centre + half) / (1 + z * z / dn);
	return r;
}
