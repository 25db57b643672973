/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/stopping.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

static const struct run_options decide = { .decide = { 0.01, 0.1 } };

static struct record_cell cell_of(uint64_t hangs, uint64_t trials)
{
	return (struct record_cell){
		.count = { [VERDICT_PASS] = trials - hangs, [VERDICT_DEADLOCK] = hangs }
	};
}

Test(stopping, nothing_asked_for)
{
	struct run_options none = {};
	struct record_cell cell = cell_of(0, 1000000);

	cr_expect_not(stopping_is_wanted(&none));
	cr_expect_eq(stopping_reason(&none), STOP_DONE);
	cr_expect_not(stopping_is_enough(&none, &cell));
}

Test(stopping, precise)
{
	struct run_options o = { .ci_width = 0.1 };
	struct record_cell few = cell_of(1, 10), many = cell_of(100, 10000);

	cr_expect(stopping_is_wanted(&o));
	cr_expect_eq(stopping_reason(&o), STOP_PRECISE);
	cr_expect_not(stopping_is_enough(&o, &few));
	cr_expect(stopping_is_enough(&o, &many));
}

/* log(0.05) / log(0.9 / 0.99) = 31.4 clean trials; log(20) / log(10) = 1.3 hangs. */
Test(stopping, decided_as_soon_as_wald_allows)
{
	struct record_cell almost = cell_of(0, 31), low = cell_of(0, 32), one = cell_of(1, 1),
			   high = cell_of(2, 2);

	cr_expect_eq(stopping_reason(&decide), STOP_DECIDED);
	cr_expect_not(stopping_is_enough(&decide, &almost));
	cr_expect(stopping_is_enough(&decide, &low));
	cr_expect_eq(stopping_decision(&decide, &low), STATS_LOW);
	cr_expect_not(stopping_is_enough(&decide, &one));
	cr_expect(stopping_is_enough(&decide, &high));
	cr_expect_eq(stopping_decision(&decide, &high), STATS_HIGH);
}

/* Its rate is known: it is there to be run. */
Test(stopping, a_canary_never_has_enough)
{
	struct record_cell canary = cell_of(0, 1000);

	canary.canary = true;
	cr_expect_not(stopping_is_enough(&decide, &canary));
}

/* Asked after each trial of campaigns in which the arm is no worse: seldom switched off. */
Test(stopping, an_arm_that_makes_hangs_rarer)
{
	struct record_cell none = cell_of(0, 0), often = cell_of(40, 100), rarely = cell_of(5, 100);
	struct record_cell same = cell_of(39, 100), few = cell_of(0, 5), clean = cell_of(0, 100);

	cr_expect(stopping_is_rarer(&rarely, &often));
	cr_expect(stopping_is_rarer(&clean, &often));
	cr_expect_not(stopping_is_rarer(&often, &rarely));
	cr_expect_not(stopping_is_rarer(&same, &often));
	cr_expect_not(stopping_is_rarer(&few, &often), "five trials tell little");
	cr_expect_not(stopping_is_rarer(&none, &often));
	cr_expect_not(stopping_is_rarer(&often, &none));
	cr_expect_not(stopping_is_rarer(&clean, &clean));
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 11;
}

/* 400 campaigns of 300 rounds with equal rates, looked at after each: 5 % may be wrong. */
Test(stopping, looking_often_does_not_switch_a_good_arm_off)
{
	uint64_t state = 88172645463325252u;
	int off = 0;

	for (int i = 0; i < 400; i++) {
		struct record_cell arm = cell_of(0, 0), bare = cell_of(0, 0);
		bool is_off = false;

		for (int n = 0; n < 300 && !is_off; n++) {
			arm.count[draw(&state) % 5 ? VERDICT_PASS : VERDICT_DEADLOCK]++;
			bare.count[draw(&state) % 5 ? VERDICT_PASS : VERDICT_DEADLOCK]++;
			is_off = stopping_is_rarer(&arm, &bare);
		}
		off += is_off;
	}
	cr_expect_leq(off, 20);
}
