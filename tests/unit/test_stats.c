/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/stats.h"

#include <criterion/criterion.h>
#include <math.h>

static void check_interval(struct stats_interval got, double low, double high)
{
	cr_assert(fabs(got.low - low) <= 1e-9, "low %.15g, want %.15g", got.low, low);
	cr_assert(fabs(got.high - high) <= 1e-9, "high %.15g, want %.15g", got.high, high);
}

Test(stats, clopper_pearson_known)
{
	/* R: binom.test(7, 100)$conf.int */
	check_interval(stats_clopper_pearson(7, 100, 0.95), 0.0286052889074387, 0.138919728455857);
	check_interval(stats_clopper_pearson(0, 300, 0.95), 0, -expm1(log(0.05) / 300));
	check_interval(stats_clopper_pearson(300, 300, 0.95), exp(log(0.05) / 300), 1);
	check_interval(stats_clopper_pearson(0, 0, 0.95), 0, 1);
}

/* The ends of the sequence are where the density of Beta(k+1, n-k+1) is alpha. */
Test(stats, confidence_sequence_solves_its_equation)
{
	static const uint64_t cases[][2] = { { 1, 2 }, { 1, 100 }, { 7, 100 }, { 5000, 10000 },
		{ 3, 10000000 }, { 9990000, 10000000 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double k = (double)cases[i][0], n = (double)cases[i][1];
		struct stats_interval c = stats_confidence_sequence(cases[i][0], cases[i][1], 0.95);
		double norm = lgamma(n + 2) - lgamma(k + 1) - lgamma(n - k + 1);

		cr_assert(c.low > 0 && c.low < k / n && c.high > k / n && c.high < 1);
		for (int end = 0; end < 2; end++) {
			double p = end ? c.high : c.low;
			double f = norm + k * log(p) + (n - k) * log1p(-p) - log(0.05);

			cr_assert(fabs(f) < 1e-6, "%g of %g: %g at %g", k, n, f, p);
		}
	}
}

Test(stats, confidence_sequence_is_wider)
{
	for (uint64_t k = 0; k <= 50; k++) {
		struct stats_interval fixed = stats_clopper_pearson(k, 50, 0.95);
		struct stats_interval any = stats_confidence_sequence(k, 50, 0.95);

		cr_assert(any.low <= fixed.low && any.high >= fixed.high, "k = %d", (int)k);
	}
}
