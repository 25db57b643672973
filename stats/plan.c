/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats/plan.c: how many runs, and when to stop. */
#include "stats/stats.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

/* Probability mass that the power may lose at each tail of the baseline. */
#define POWER_TAIL 1e-13

double stats_fisher_power(double p1, uint64_t n1, double p0, uint64_t n0, double alpha)
{
	double dn1 = (double)n1, dn0 = (double)n0, power = 0;
	uint64_t first = (uint64_t)qbinom(POWER_TAIL, dn0, p0, 1, 0);
	uint64_t last = (uint64_t)qbinom(POWER_TAIL, dn0, p0, 0, 0);
	uint64_t critical = 0;

	/* The least k1 that is significant grows with k0, by one at a time at least for large
	 * margins, so it is found by walking on from the last one. */
	for (uint64_t k0 = first; k0 <= last; k0++) {
		if (k0 == first) {
			uint64_t low = 0, high = n1 + 1;

			while (low < high) {
				uint64_t mid = low + (high - low) / 2;
				struct stats_count new = { mid, n1 }, base = { k0, n0 };

				if (stats_fisher_greater(new, base) <= alpha)
					high = mid;
				else
					low = mid + 1;
			}
			critical = low;
		}
		while (critical <= n1 && stats_fisher_greater((struct stats_count){ critical, n1 },
						 (struct stats_count){ k0, n0 }) > alpha)
			critical++;
		if (critical > n1)
			break;
		power += dbinom((double)k0, dn0, p0, 0) *
			 pbinom((double)critical - 1, dn1, p1, 0, 0);
	}
	return power;
}

uint64_t stats_runs_for_power(double p1, double p0, double ratio, double alpha, double power)
{
	uint64_t low = 0, high = 1;

	if (!(p1 > p0))
		return 0;
	while (stats_fisher_power(p1, high, p0, (uint64_t)ceil((double)high * ratio), alpha) <
		power) {
		if (high >> 32)
			return 0;
		low = high;
		high *= 2;
	}
	while (high - low > 1) {
		uint64_t mid = low + (high - low) / 2;
		uint64_t base = (uint64_t)ceil((double)mid * ratio);

		if (stats_fisher_power(p1, mid, p0, base, alpha) < power)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* Least n with (1-p)^n <= miss. */
static uint64_t runs_until_seen(double p, double log_miss)
{
	double n;

	if (!(p > 0))
		return 0;
	if (p >= 1)
		return 1;
	n = ceil(log_miss / log1p(-p));
	return n < 1 ? 1 : (uint64_t)n;
}

uint64_t stats_runs_for_bisect(double p, unsigned int steps, double error)
{
	/* Only a bad revision can be misjudged; at worst each step meets one. */
	double each = -expm1(log1p(-error) / (steps ? steps : 1));

	return runs_until_seen(p, log(each));
}

uint64_t stats_clean_runs(double p_before, double factor, double confidence)
{
	return runs_until_seen(p_before / factor, log1p(-confidence));
}

enum stats_decision stats_decide(
	uint64_t k, uint64_t n, double p0, double p1, double alpha, double beta)
{
	double hung = (double)k, clean = (double)(n - k), ratio;

	if (p0 <= 0 && k > 0)
		return STATS_HIGH;
	if (p1 >= 1 && k < n)
		return STATS_LOW;
	ratio = 0;
	if (k > 0)
		ratio += hung * (log(p1) - log(p0));
	if (k < n)
		ratio += clean * (log1p(-p1) - log1p(-p0));
	if (ratio >= -log(alpha))
		return STATS_HIGH;
	if (ratio <= log(beta))
		return STATS_LOW;
	return STATS_UNDECIDED;
}
