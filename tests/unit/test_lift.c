/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/lift.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <math.h>

static void add(
	struct record_campaign *c, enum arm arm, const char *label, uint64_t hangs, uint64_t trials)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup("one");
	cell->variant = mem_strdup("fork");
	cell->libc = mem_strdup("glibc 2.36");
	cell->inject = mem_strdup(label);
	cell->arm = arm;
	cell->count[VERDICT_DEADLOCK] = hangs;
	cell->count[VERDICT_PASS] = trials - hangs;
}

/* Two sizes, each with its three arms. */
static struct record_campaign make(void)
{
	struct record_campaign c = {};

	add(&c, ARM_BARE, "heap=0", 2, 1000);
	add(&c, ARM_BARE, "heap=64M", 10, 1000);
	add(&c, ARM_NULL, "heap=0 null(trap)", 3, 1000);
	add(&c, ARM_NULL, "heap=64M null(trap)", 11, 1000);
	add(&c, ARM_INJECTED, "heap=0 trap", 100, 1000);
	add(&c, ARM_INJECTED, "heap=64M trap", 500, 1000);
	return c;
}

Test(lift, is_held_against_the_bare_arm_of_the_same_level)
{
	struct record_campaign c = make();
	struct lift l;

	cr_assert(lift_of(&c, &c.cells[4], &l));
	cr_expect_float_eq(l.value, 50, 1e-9);
	cr_assert(lift_of(&c, &c.cells[5], &l));
	cr_expect_eq(record_cell_base(&c, &c.cells[5], ARM_BARE), &c.cells[1]);
	cr_expect_float_eq(l.value, 50, 1e-9);
	cr_expect(l.ci.low > 20 && l.ci.high < 120);
	cr_expect_eq(record_cell_base(&c, &c.cells[5], ARM_NULL), &c.cells[3]);
	cr_expect_not(lift_of(&c, &c.cells[0], &l), "no injected arm");
	record_campaign_done(&c);
}

Test(lift, in_words)
{
	struct record_campaign c = make();
	char *says = lift_words(&c, &c.cells[4]);

	cr_expect_not_null(strstr(says, "lift 50 ["), "%s", says);
	cr_expect_not_null(strstr(says, "bare 0.2 %, null 0.3 %, injected 10 %"), "%s", says);
	free(says);
	c.cells[0].count[VERDICT_DEADLOCK] = 0;
	says = lift_words(&c, &c.cells[4]);
	cr_expect_not_null(strstr(says, "lift above "), "%s", says);
	free(says);
	cr_expect_null(lift_words(&c, &c.cells[0]));
	record_campaign_done(&c);
}

Test(lift, nothing_is_credited_to_delays_that_were_not_made)
{
	struct record_campaign c = make();

	c.cells[4].counters.trials = 1000;
	cr_expect_null(lift_words(&c, &c.cells[4]), "it fired nothing");
	c.cells[4].counters.fired = 1;
	cr_expect(!lift_null_differs(&c, &c.cells[2]));
	c.cells[2].count[VERDICT_DEADLOCK] = 500;
	for (size_t i = 0; i < c.n_cells; i++) {
		char *says cleanup(cleanup_free) = lift_words(&c, &c.cells[i]);

		if (i == 4)
			cr_expect_not_null(strstr(says, "over the null arm"), "%s", says);
	}
	record_campaign_done(&c);
}

/* A fixed-n interval would be stated for an n that its own results chose. */
Test(lift, of_an_arm_that_was_switched_off_has_a_sequence)
{
	struct record_campaign c = make();
	struct lift fixed, looked;

	cr_assert(lift_of(&c, &c.cells[4], &fixed));
	c.cells[4].counters.trials = c.cells[4].counters.fired = 1000;
	c.cells[4].switched_off = true;
	cr_assert(lift_of(&c, &c.cells[4], &looked));
	cr_expect_lt(looked.ci.low, fixed.ci.low);
	cr_expect_gt(looked.ci.high, fixed.ci.high);
	record_campaign_done(&c);
}
