/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/plan.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct knob knobs[] = {
	{ "hold", KNOB_DELAY, "0,1ms,10ms", "" },
	{ "heap", KNOB_SIZE, "0,64K", "" },
};

static struct target targets[] = {
	{ .name = "one", .variant = "bug", .libc = "glibc 2.36", .knobs = knobs, .n_knobs = 2 },
	{ .name = "two", .variant = "", .libc = "?" },
	{ .name = "canary", .variant = "clean", .libc = "?", .canary = true },
};

static const struct target_list list = { .targets = targets, .n = ARRAY_SIZE(targets) };
static const struct run_options base = { .trials = 50, .seed = 7, .shard = 1, .shards = 1 };

static struct plan make(const struct run_options *o)
{
	struct plan p;
	char *why = NULL;

	cr_assert_eq(plan_make(o, &list, &p, &why), 0, "%s", why);
	return p;
}

static const struct plan_cell *find(const struct plan *p, const char *label)
{
	for (size_t i = 0; i < p->n_cells; i++)
		if (!strcmp(p->cells[i].label, label))
			return &p->cells[i];
	cr_assert_fail("no cell '%s'", label);
	return NULL;
}

Test(plan, every_combination_of_levels_is_a_cell_beside_a_bare_one)
{
	struct plan p = make(&base);

	cr_expect_eq(p.n_cells, 1 + 3 * 2 + 1 + 1);
	cr_expect_eq(find(&p, "heap=0")->arm, ARM_BARE);
	cr_expect_eq(find(&p, "heap=0")->spec.n_rules, 0);
	cr_expect_eq(find(&p, "hold=0 heap=0")->arm, ARM_NULL);
	cr_expect_eq(find(&p, "hold=10ms heap=64K")->arm, ARM_INJECTED);
	cr_expect_float_eq(find(&p, "hold=10ms heap=64K")->dose, 1e7, 0);
	cr_expect_str_eq(find(&p, "hold=10ms heap=64K")->knobs, "heap=65536");
	cr_expect_eq(find(&p, "hold=10ms heap=64K")->spec.n_rules, 1);
	plan_done(&p);
}

/* "1,64K": the first level is the null one although it is not 0. */
Test(plan, the_first_level_of_a_size_is_the_bare_cell)
{
	static struct knob size = { "size", KNOB_SIZE, "1,64K", "" };
	struct target t = {
		.name = "x", .variant = "v", .libc = "glibc 2.36", .knobs = &size, .n_knobs = 1
	};
	struct target_list l = { .targets = &t, .n = 1 };
	struct run_options o = base;
	cleanup(cleanup_free) char *why = NULL;
	struct plan p;

	o.n_sweeps = o.n_injects = 0;
	cr_assert_eq(plan_make(&o, &l, &p, &why), 0, "%s", why);
	cr_assert_eq(p.n_cells, 2);
	cr_expect_eq(p.cells[0].arm, ARM_BARE);
	cr_expect_eq(p.cells[1].arm, ARM_INJECTED);
	plan_done(&p);
}

Test(plan, same_seed_same_trials)
{
	struct plan a = make(&base), b = make(&base);
	struct plan_walk wa = {}, wb = {};
	struct plan_trial ta, tb;
	size_t n = 0;

	while (plan_next(&a, &wa, &ta)) {
		cr_assert(plan_next(&b, &wb, &tb));
		cr_assert(ta.cell == tb.cell && ta.index == tb.index && ta.seed == tb.seed);
		n++;
	}
	cr_expect_not(plan_next(&b, &wb, &tb));
	/* Rounds 0, 1, 2, 4, 8, 16, 32 have the canary. */
	cr_expect_eq(n, 50 * 8 + 7);
	plan_walk_done(&wa);
	plan_walk_done(&wb);
	plan_done(&a);
	plan_done(&b);
}

Test(plan, a_canary_that_costs_much_runs_once)
{
	struct target all[] = {
		targets[1],
		{ .name = "canary", .variant = "pipe", .libc = "?", .canary = true, .once = true },
	};
	struct target_list dear = { .targets = all, .n = ARRAY_SIZE(all) };
	struct plan_walk walk = {};
	struct plan_trial t;
	char *why = NULL;
	struct plan p;
	size_t n = 0;

	cr_assert_eq(plan_make(&base, &dear, &p, &why), 0, "%s", why);
	while (plan_next(&p, &walk, &t)) {
		n++;
		cr_expect(!p.cells[t.cell].once || !t.index);
	}
	cr_expect_eq(n, 50 + 1);
	plan_walk_done(&walk);
	plan_done(&p);
}

Test(plan, another_seed_gives_other_seeds_in_another_order)
{
	struct run_options other = base;
	struct plan_walk wa = {}, wb = {};
	struct plan_trial ta, tb;
	struct plan a, b;
	size_t same_cell = 0, n = 0;

	other.seed = 8;
	a = make(&base);
	b = make(&other);
	while (plan_next(&a, &wa, &ta) && plan_next(&b, &wb, &tb)) {
		cr_assert_neq(ta.seed, tb.seed);
		same_cell += ta.cell == tb.cell;
		n++;
	}
	cr_expect_lt(same_cell, n / 2);
	plan_walk_done(&wa);
	plan_walk_done(&wb);
	plan_done(&a);
	plan_done(&b);
}

Test(plan, arms_are_interleaved_in_rounds)
{
	struct plan p = make(&base);
	struct plan_walk w = {};
	struct plan_trial t;
	uint64_t round = 0;

	while (plan_next(&p, &w, &t)) {
		cr_assert(t.index == round || t.index == round + 1,
			"a round is finished before the next");
		round = t.index;
	}
	plan_walk_done(&w);
	plan_done(&p);
}

Test(plan, shards_are_disjoint_and_together_the_whole)
{
	struct plan whole = make(&base);
	struct plan_walk w = {};
	struct plan_trial t;
	uint64_t sum = 0, shard_sum = 0, n = 0, shard_n = 0;

	while (plan_next(&whole, &w, &t)) {
		sum += t.seed;
		n++;
	}
	plan_walk_done(&w);
	for (unsigned int i = 1; i <= 3; i++) {
		struct run_options o = base;
		struct plan_walk ws = {};
		struct plan p;

		o.shard = i;
		o.shards = 3;
		p = make(&o);
		while (plan_next(&p, &ws, &t)) {
			shard_sum += t.seed;
			shard_n++;
		}
		plan_walk_done(&ws);
		plan_done(&p);
	}
	cr_expect_eq(n, shard_n);
	cr_expect_eq(sum, shard_sum);
	plan_done(&whole);
}

Test(plan, sweep_replaces_levels)
{
	struct run_options o = base;
	struct plan p;
	char *why = NULL;

	o.sweep[o.n_sweeps++] = "one/hold=5ms";
	p = make(&o);
	cr_expect_eq(p.n_cells, 1 + 2 + 2);
	find(&p, "hold=5ms heap=64K");
	plan_done(&p);

	o.sweep[0] = "hold=5parsec";
	cr_expect_eq(plan_make(&o, &list, &p, &why), -EINVAL);
	cr_expect_str_eq(why, "'one': '5parsec' in 'hold=5parsec' is no duration");
	free(why);
	o.sweep[0] = "nothing=5ms";
	cr_expect_eq(plan_make(&o, &list, &p, &why), -EINVAL);
	cr_expect_str_eq(why, "--sweep 'nothing=5ms': no target here has that knob");
	free(why);
}

Test(plan, a_size_with_one_level_is_turned_only_when_asked_for)
{
	static struct knob heap = { "heap", KNOB_SIZE, "0", "" };
	static struct target t = {
		.name = "one", .variant = "bug", .libc = "?", .knobs = &heap, .n_knobs = 1
	};
	const struct target_list one = { .targets = &t, .n = 1 };
	struct run_options o = base;
	struct plan p;
	char *why = NULL;

	cr_assert_eq(plan_make(&o, &one, &p, &why), 0);
	cr_assert_eq(p.n_cells, 1);
	cr_expect_str_eq(p.cells[0].label, "");
	plan_done(&p);
	o.sweep[o.n_sweeps++] = "heap=0,64M";
	cr_assert_eq(plan_make(&o, &one, &p, &why), 0);
	cr_expect_eq(p.n_cells, 2);
	find(&p, "heap=64M");
	plan_done(&p);
}

Test(plan, inject_adds_a_null_and_an_injected_arm)
{
	struct run_options o = base;
	struct plan p;
	char *why = NULL;

	o.inject[o.n_injects++] = "point:hold:delay_enter=5ms,p=0.5";
	p = make(&o);
	/* one: bare, null and injected for each heap; two: three arms; the canary alone. */
	cr_expect_eq(p.n_cells, 6 + 3 + 1);
	cr_expect_str_eq(p.cells[1].label, "heap=64K");
	cr_expect_eq(p.cells[1].arm, ARM_BARE);
	plan_done(&p);
	o.inject[0] = "hold:delay_enter=";
	cr_expect_eq(plan_make(&o, &list, &p, &why), -EINVAL);
	cr_expect(strstr(why, "--inject at column 18"), "%s", why);
	free(why);
}

Test(plan, the_key_names_the_plan_and_no_shard)
{
	struct run_options o = base;
	struct plan a = make(&base), b, c;
	char *ka, *kb, *kc;

	o.shards = 3;
	o.shard = 1;
	b = make(&o);
	o.shard = 2;
	c = make(&o);
	ka = plan_key(&a);
	kb = plan_key(&b);
	kc = plan_key(&c);
	cr_expect_str_eq(kb, kc);
	cr_expect_str_neq(ka, kb);
	free(ka);
	free(kb);
	free(kc);
	plan_done(&a);
	plan_done(&b);
	plan_done(&c);
}

/* --- seeds: no two cells, nor two rounds of a cell, share theirs --- */

Test(plan, cells_differ_by_libc_variant_and_level)
{
	struct target pair[] = {
		{ .name = "x", .variant = "a", .libc = "glibc 2.36", .knobs = knobs, .n_knobs = 1 },
		{ .name = "x", .variant = "a", .libc = "musl 1.2.3", .knobs = knobs, .n_knobs = 1 },
		{ .name = "x", .variant = "b", .libc = "musl 1.2.3", .knobs = knobs, .n_knobs = 1 },
	};
	struct target_list l = { .targets = pair, .n = ARRAY_SIZE(pair) };
	cleanup(cleanup_free) char *why = NULL;
	struct plan p;

	cr_assert_eq(plan_make(&base, &l, &p, &why), 0, "%s", why);
	for (size_t i = 0; i < p.n_cells; i++)
		for (size_t k = 0; k < i; k++)
			cr_expect_neq(p.cells[i].key, p.cells[k].key, "%zu and %zu", i, k);
	plan_done(&p);
}

Test(plan, every_round_has_a_seed_of_its_own)
{
	uint64_t seeds[50];
	struct plan p = make(&base);
	struct plan_walk w = { 0 };
	struct plan_trial t;
	size_t n = 0;

	while (plan_next(&p, &w, &t))
		if (t.cell == 0 && n < ARRAY_SIZE(seeds))
			seeds[n++] = t.seed;
	cr_assert_eq(n, ARRAY_SIZE(seeds));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			cr_assert_neq(seeds[i], seeds[k], "rounds %zu and %zu", i, k);
	plan_walk_done(&w);
	plan_done(&p);
}

/* One bare cell for each size, none for each delay. */
Test(plan, inject_adds_a_bare_cell_to_each_size_only)
{
	struct run_options o = base;
	struct plan p;
	size_t bare = 0;

	o.inject[o.n_injects++] = "func:fork:delay_enter=1ms";
	o.sweep[o.n_sweeps++] = "hold=0,1ms,2ms";
	p = make(&o);
	for (size_t i = 0; i < p.n_cells; i++)
		bare += p.cells[i].target == 0 && p.cells[i].arm == ARM_BARE;
	cr_expect_eq(bare, 2);
	plan_done(&p);
}
