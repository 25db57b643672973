/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/nightly/check.h"
#include "runner/nightly/bisect.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

#define NIGHTS 14

static const struct check_options defaults = { CHECK_ALPHA, CHECK_MIN_EFFECT };

static void add_cell(struct record_campaign *c, const char *target, uint64_t hangs, uint64_t trials)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup(target);
	cell->variant = mem_strdup("v");
	cell->libc = mem_strdup("glibc 2.36");
	cell->inject = mem_strdup("");
	cell->expect = EXPECT_DEADLOCKS;
	cell->canary = !strcmp(target, "canary");
	cell->count[VERDICT_DEADLOCK] = hangs;
	cell->count[VERDICT_PASS] = trials - hangs;
}

static struct record_campaign night(uint64_t hangs, uint64_t trials)
{
	struct record_campaign c = { .ended_ms = 1, .stop = STOP_DONE };

	add_cell(&c, "canary", 3, 3);
	add_cell(&c, "a", hangs, trials);
	add_cell(&c, "b", 5, 1000);
	return c;
}

struct world {
	struct record_campaign now, nights[NIGHTS];
};

static struct world make_world(uint64_t hangs, uint64_t before)
{
	struct world w = { .now = night(hangs, 1000) };

	for (size_t i = 0; i < NIGHTS; i++)
		w.nights[i] = night(before, 1000);
	return w;
}

static void world_done(struct world *w)
{
	record_campaign_done(&w->now);
	for (size_t i = 0; i < NIGHTS; i++)
		record_campaign_done(&w->nights[i]);
}

Test(check, same_is_same)
{
	struct world w = make_world(10, 10);
	struct check k;

	check_campaign(&w.now, w.nights, NIGHTS, &defaults, &k);
	cr_expect_eq(k.n_cells, 2);
	cr_expect_eq(k.n_suspects, 0);
	cr_expect_eq(k.n_unknown, 0);
	cr_expect_eq(k.n_lost, 0);
	check_done(&k);
	world_done(&w);
}

Test(check, worse_is_suspect_and_needs_confirmation)
{
	struct world w = make_world(40, 10);
	struct check k;

	check_campaign(&w.now, w.nights, NIGHTS, &defaults, &k);
	cr_assert_eq(k.n_suspects, 1);
	cr_expect_eq(k.cells[0].result, CHECK_SUSPECT);
	cr_expect_str_eq(k.cells[0].cell->target, "a");
	cr_expect_eq(k.cells[0].base.n, NIGHTS * 1000);
	cr_expect(check_confirms(&k.cells[0], (struct stats_count){ 38, 1000 }, 1));
	cr_expect_not(check_confirms(&k.cells[0], (struct stats_count){ 11, 1000 }, 1));
	check_done(&k);
	world_done(&w);
}

Test(check, better_is_no_alarm)
{
	struct world w = make_world(0, 40);
	struct check k;

	check_campaign(&w.now, w.nights, NIGHTS, &defaults, &k);
	cr_expect_eq(k.n_suspects, 0);
	check_done(&k);
	world_done(&w);
}

Test(check, small_effect_is_no_alarm)
{
	struct world w = make_world(40, 10);
	struct check_options o = { CHECK_ALPHA, 0.05 };
	struct check k;

	check_campaign(&w.now, w.nights, NIGHTS, &o, &k);
	cr_expect_eq(k.n_suspects, 0);
	check_done(&k);
	world_done(&w);
}

/* Nights of 0 and 60 hangs by turns: 60 is nothing new. */
Test(check, restless_nights_raise_no_alarm)
{
	struct world w = make_world(60, 0);
	struct check k;

	for (size_t i = 0; i < NIGHTS; i += 2) {
		w.nights[i].cells[1].count[VERDICT_DEADLOCK] = 60;
		w.nights[i].cells[1].count[VERDICT_PASS] = 940;
	}
	check_campaign(&w.now, w.nights, NIGHTS, &defaults, &k);
	cr_expect_gt(k.cells[0].dispersion, 5);
	cr_expect_eq(k.n_suspects, 0);
	check_done(&k);
	world_done(&w);
}

Test(check, new_and_lost_cells_are_told)
{
	struct world w = make_world(10, 10);
	struct check k;

	add_cell(&w.now, "new", 0, 10);
	add_cell(&w.nights[0], "gone", 0, 10);
	check_campaign(&w.now, w.nights, NIGHTS, &defaults, &k);
	cr_expect_eq(k.n_unknown, 1);
	cr_expect_eq(k.cells[2].result, CHECK_NO_BASELINE);
	cr_assert_eq(k.n_lost, 1);
	cr_expect_str_eq(k.lost[0]->target, "gone");
	check_done(&k);
	world_done(&w);
}

Test(check, no_night_is_unknown_not_fine)
{
	struct world w = make_world(10, 10);
	struct check k;

	check_campaign(&w.now, w.nights, 0, &defaults, &k);
	cr_expect_eq(k.n_unknown, 2);
	check_done(&k);
	world_done(&w);
}

Test(check, unsound_campaigns)
{
	struct record_campaign c = night(1, 10);

	cr_expect_null(check_unsound(&c, true));
	c.cells[1].count[VERDICT_BROKEN] = 1;
	cr_expect_not_null(check_unsound(&c, true));
	cr_expect_null(check_unsound(&c, false));
	c.cells[1].count[VERDICT_BROKEN] = 0;
	c.stop = STOP_PRECISE;
	cr_expect_not_null(check_unsound(&c, false));
	c.stop = STOP_KILLED;
	cr_expect_not_null(check_unsound(&c, false));
	c.stop = STOP_DONE;
	c.cells[0].count[VERDICT_DEADLOCK] = 0; /* the canary passed */
	cr_expect_not_null(check_unsound(&c, false));
	c.cells[0].canary = false; /* no canary at all */
	cr_expect_not_null(check_unsound(&c, false));
	record_campaign_done(&c);
}

Test(check, bisect_never_says_skip)
{
	cr_expect_eq(bisect_status(0), BISECT_GOOD);
	cr_expect_eq(bisect_status(1), BISECT_BAD);
	for (int status = 2; status < 256; status++)
		cr_expect_eq(bisect_status(status), BISECT_FAULT);
	cr_expect_geq(BISECT_FAULT, 128);
}
