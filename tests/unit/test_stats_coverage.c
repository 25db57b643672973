/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intervals hold the truth as often as they say; make simulate runs this at length. */
#include "tests/sim/sim.h"

#include <criterion/criterion.h>

#define SEED 20240601
#define CAMPAIGNS 400

static const double truths[] = { 0, 0.001, 0.01, 0.1, 0.5 };
#define N_TRUTHS (sizeof(truths) / sizeof(truths[0]))

Test(stats_coverage, fixed_n)
{
	uint64_t state = SEED;

	for (size_t i = 0; i < N_TRUTHS; i++) {
		struct sim_coverage c = sim_fixed(&state, truths[i], 1000, 4000);

		cr_expect(c.stated >= c.campaigns * 94 / 100, "p = %g: %d of %d", truths[i],
			(int)c.stated, (int)c.campaigns);
	}
}

Test(stats_coverage, early_stopping)
{
	uint64_t state = SEED;

	for (size_t i = 0; i < N_TRUTHS; i++) {
		double p = truths[i];
		struct sim_coverage c =
			sim_early_stopping(&state, p, p < 0.05 ? 0.01 : 0.1, 10000, CAMPAIGNS);

		cr_expect(c.stated >= c.campaigns * 94 / 100, "p = %g: %d of %d", p, (int)c.stated,
			(int)c.campaigns);
		cr_expect(c.always >= c.campaigns * 94 / 100, "p = %g at every look: %d", p,
			(int)c.always);
	}
}

/* What the sequence is for: a fixed-n interval looked at all the time is wrong far too often. */
Test(stats_coverage, looking_breaks_a_fixed_interval)
{
	uint64_t state = SEED;
	int wrong = 0;

	for (int c = 0; c < CAMPAIGNS; c++) {
		uint64_t k = 0;

		for (uint64_t n = 1; n <= 1000; n++) {
			struct stats_interval i;

			k += sim_uniform(&state) <= 0.1;
			i = stats_wilson(k, n, 0.95);
			if (i.low > 0.1 || i.high < 0.1) {
				wrong++;
				break;
			}
		}
	}
	cr_expect(wrong > CAMPAIGNS / 4, "%d of %d", wrong, CAMPAIGNS);
}

/* Wald's test with these boundaries keeps both error rates. */
Test(stats_coverage, decision_errors)
{
	static const double p[2] = { 0.01, 0.05 };
	uint64_t state = SEED;

	for (int truth = 0; truth < 2; truth++) {
		enum stats_decision wrong = truth ? STATS_LOW : STATS_HIGH;
		int bad = 0;

		for (int c = 0; c < CAMPAIGNS; c++) {
			enum stats_decision d = STATS_UNDECIDED;
			uint64_t k = 0;

			for (uint64_t n = 1; d == STATS_UNDECIDED; n++) {
				k += sim_uniform(&state) <= p[truth];
				d = stats_decide(k, n, p[0], p[1], 0.05, 0.05);
			}
			bad += d == wrong;
		}
		cr_expect(bad <= CAMPAIGNS * 5 / 100, "truth %g: %d wrong", p[truth], bad);
	}
}
