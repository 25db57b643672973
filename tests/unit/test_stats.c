/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/stats.h"

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

Test(stats, decision_at_the_edges)
{
	cr_expect_eq(stats_decide(1, 1, 0, 0.1, 0.05, 0.05), STATS_HIGH);
	cr_expect_eq(stats_decide(0, 1, 0, 0.1, 0.05, 0.05), STATS_UNDECIDED);
	cr_expect_eq(stats_decide(0, 29, 0, 0.1, 0.05, 0.05), STATS_LOW);
	cr_expect_eq(stats_decide(0, 1, 0, 1, 0.05, 0.05), STATS_LOW);
	cr_expect_eq(stats_decide(5, 5, 0.5, 1, 0.05, 0.05), STATS_HIGH);
}

Test(stats, nothing_to_compare_gives_no_alarm)
{
	struct stats_count none = { 0, 0 }, some = { 5, 10 };
	struct stats_dispersion d = stats_overdispersion(&some, 1);
	double x[2] = { 1, 1 }, z;
	struct stats_count same[2] = { { 1, 10 }, { 9, 10 } };
	struct stats_logistic fit;

	cr_expect_eq(stats_fisher_greater(some, none), 1);
	cr_expect_eq(stats_fisher_greater(none, some), 1);
	cr_expect_eq(d.df, 0);
	cr_expect_eq(d.p, 1);
	cr_expect_eq(stats_trend(x, same, 2, &z), 1);
	cr_expect_neq(stats_firth(x, same, 2, &fit), 0);
	cr_expect_eq(stats_runs_for_power(0.01, 0.01, 1, 0.05, 0.8), 0);
	cr_expect_eq(stats_runs_for_bisect(0, 10, 0.05), 0);
}

/* FACTS of the trade: runs per arm of a one-sided Fisher test, alpha 5 %, power 80 %. */
Test(stats, runs_for_power_known)
{
	uint64_t zero_one = stats_runs_for_power(0.01, 0, 1, 0.05, 0.8);
	uint64_t one_two = stats_runs_for_power(0.02, 0.01, 1, 0.05, 0.8);

	cr_expect(zero_one > 640 && zero_one < 700, "%d", (int)zero_one);
	cr_expect(one_two > 1900 && one_two < 2050, "%d", (int)one_two);
	cr_expect_geq(stats_fisher_power(0.02, one_two, 0.01, one_two, 0.05), 0.8);
}

/* Each side has half of the error, so that both hold at once. */
Test(stats, ratio_of_sequences_joins_two_of_half_the_error)
{
	struct stats_count new = { 30, 100 }, old = { 5, 200 };
	struct stats_interval a = stats_confidence_sequence(30, 100, 0.975);
	struct stats_interval b = stats_confidence_sequence(5, 200, 0.975);

	check_interval(stats_ratio_sequence(new, old, 0.95), a.low / b.high, a.high / b.low);
	old.k = 0;
	cr_expect(isinf(stats_ratio_sequence(new, old, 0.95).high));
}
