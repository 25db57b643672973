/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/halving.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

static void add_all(struct halving *h, int n)
{
	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "arm %d", i);
		halving_add(h, name);
	}
}

/* Nothing succeeds: each once, then the better half twice, and after the last rung all again. */
Test(inject_halving, rungs_without_success)
{
	struct halving h = { 0 };
	int tries[8] = { 0 };

	add_all(&h, 8);
	for (int i = 0; i < 8; i++) {
		size_t arm = halving_choose(&h);

		cr_expect(eq(sz, arm, (size_t)i));
		halving_over(&h, arm, false);
	}
	for (int i = 0; i < 4 * 2 + 2 * 4; i++) {
		size_t arm = halving_choose(&h);

		tries[arm]++;
		halving_over(&h, arm, false);
	}
	cr_expect(eq(int, tries[0], 2 + 4));
	cr_expect(eq(int, tries[3], 2));
	cr_expect(eq(int, tries[4], 0));
	for (int i = 0; i < 8 + 8; i++) {
		size_t arm = halving_choose(&h);

		tries[arm]++;
		halving_over(&h, arm, false);
	}
	cr_expect(tries[7] > 0, "all begin again");
	halving_done(&h);
}

/* One succeeds in 9 of 10 tries: it gets nearly all that follow, whatever else is tried. */
Test(inject_halving, best_gets_nearly_all)
{
	struct halving h = { 0 };
	int best = 0;

	add_all(&h, 20);
	for (int i = 0; i < 220; i++) {
		size_t arm = halving_choose(&h);

		if (i >= 20)
			best += arm == 5;
		halving_over(&h, arm, arm == 5 && i % 10);
	}
	cr_expect(best >= 180, "%d of 200", best);
	cr_expect(eq(str, halving_best(&h)->name, "arm 5"));
	halving_done(&h);
}

/* A better one than the first that succeeded is found later. */
Test(inject_halving, better_one_takes_over)
{
	struct halving h = { 0 };
	int last = 0;

	add_all(&h, 10);
	for (int i = 0; i < 300; i++) {
		size_t arm = halving_choose(&h);

		if (i >= 250)
			last += arm == 7;
		halving_over(&h, arm, arm == 7 || (arm == 1 && i % 4 == 0));
	}
	cr_expect(last >= 45, "%d of 50", last);
	halving_done(&h);
}

Test(inject_halving, one_that_stops_succeeding_is_left)
{
	struct halving h = { 0 };
	int last = 0;

	add_all(&h, 4);
	for (int i = 0; i < 300; i++) {
		size_t arm = halving_choose(&h);

		if (i >= 250)
			last += arm == 2;
		halving_over(&h, arm, i < 100 ? arm == 0 : arm == 2);
	}
	cr_expect(last >= 40, "%d of 50", last);
	halving_done(&h);
}

Test(inject_halving, repeats_what_succeeded)
{
	struct halving h = { 0 };
	size_t arm;

	add_all(&h, 3);
	arm = halving_choose(&h);
	halving_over(&h, arm, true);
	cr_expect(eq(sz, halving_add_proven(&h, "arm 0, the same draws"), 3u));
	cr_expect(eq(sz, halving_choose(&h), 3u));
	halving_over(&h, 3, true);
	halving_done(&h);
}

Test(inject_halving, left_out_is_never_chosen)
{
	struct halving h = { 0 };

	cr_expect(eq(sz, halving_choose(&h), SIZE_MAX));
	add_all(&h, 2);
	halving_leave_out(&h, 0);
	for (int i = 0; i < 40; i++) {
		size_t arm = halving_choose(&h);

		cr_expect(eq(sz, arm, 1u));
		halving_over(&h, arm, i % 2);
	}
	halving_leave_out(&h, 1);
	cr_expect(eq(sz, halving_choose(&h), SIZE_MAX));
	halving_done(&h);
}

/* It is still finding out what to do: others have their turn, and it does not count. */
Test(inject_halving, searching_is_excused)
{
	struct halving h = { 0 };

	add_all(&h, 2);
	for (int i = 0; i < 10; i++)
		halving_over_searching(&h, halving_choose(&h));
	cr_expect(eq(dbl, h.arms[0].promise, 0.5));
	halving_done(&h);
}

/* What draws gets more tries, but the others have theirs. */
Test(inject_halving, what_draws_is_tried_more_often)
{
	struct halving h = { 0 };
	size_t drawn = 0;

	add_all(&h, 9);
	halving_add_drawing(&h, "drawing");
	for (int i = 0; i < 15; i++) {
		size_t arm = halving_choose(&h);

		drawn += arm == 9;
		halving_over(&h, arm, false);
	}
	cr_expect(ge(sz, drawn, 5u));
	cr_expect(eq(u64, h.arms[8].tries, 1u));
	halving_done(&h);
}

/* A hang is known last: what lasts is tried again before it is over, once. */
Test(inject_halving, what_lasts_is_suspected)
{
	struct halving h = { 0 };
	size_t lasting;

	add_all(&h, 12);
	lasting = halving_choose(&h);
	for (int i = 0; i < 6; i++) {
		size_t arm = halving_choose(&h);

		cr_expect(ne(sz, arm, lasting));
		halving_over(&h, arm, false);
	}
	cr_expect(eq(sz, halving_choose(&h), lasting));
	cr_expect(ne(sz, halving_choose(&h), lasting));
	halving_done(&h);
}
