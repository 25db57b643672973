/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/store/pool.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

static struct record_cell *add(struct record_campaign *c, const char *variant, const char *libc,
	uint64_t passes, uint64_t hangs)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup("lock");
	cell->variant = mem_strdup(variant);
	cell->libc = mem_strdup(libc);
	cell->inject = mem_strdup("");
	cell->expect = EXPECT_MAY;
	cell->count[VERDICT_PASS] = passes;
	cell->count[VERDICT_DEADLOCK] = hangs;
	record_hist_add(&cell->pass_ns, 1000000);
	if (hangs)
		record_cell_add_cause(cell, "key")->count = hangs;
	return cell;
}

Test(pool, adds_what_is_equal_and_keeps_the_rest_apart)
{
	struct record_campaign parts[2] = { 0 }, pool;

	add(&parts[0], "fork", "glibc 2.36", 10, 3);
	add(&parts[0], "fork", "musl 1.2.3", 5, 0);
	add(&parts[1], "fork", "musl 1.2.3", 7, 0);
	add(&parts[1], "fork", "glibc 2.36", 20, 4);
	add(&parts[1], "raw", "glibc 2.36", 1, 1);
	pool_campaigns(parts, 2, &pool);
	cr_assert_eq(pool.n_cells, 3);
	cr_assert_eq(pool.cells[0].count[VERDICT_PASS], 30);
	cr_assert_eq(pool.cells[0].count[VERDICT_DEADLOCK], 7);
	cr_assert_eq(pool.cells[0].pass_ns.count, 2);
	cr_assert_eq(pool.cells[0].n_causes, 1);
	cr_assert_eq(pool.cells[0].causes[0].count, 7);
	cr_assert_eq(pool.cells[1].count[VERDICT_PASS], 12);
	cr_assert_str_eq(pool.cells[2].variant, "raw");
	for (int i = 0; i < 2; i++)
		record_campaign_done(&parts[i]);
	record_campaign_done(&pool);
}

Test(pool, other_injections_and_arms_are_other_cells)
{
	struct record_campaign parts[3] = { 0 }, pool;
	struct record_cell *cell;

	add(&parts[0], "fork", "glibc 2.36", 1, 0);
	cell = add(&parts[1], "fork", "glibc 2.36", 1, 0);
	free(cell->inject);
	cell->inject = mem_strdup("held=1ms");
	add(&parts[2], "fork", "glibc 2.36", 1, 0)->arm = ARM_NULL;
	pool_campaigns(parts, 3, &pool);
	cr_assert_eq(pool.n_cells, 3);
	for (int i = 0; i < 3; i++)
		record_campaign_done(&parts[i]);
	record_campaign_done(&pool);
}

Test(pool, one_bad_part_spoils_it)
{
	struct record_campaign parts[2] = { 0 }, pool;

	add(&parts[0], "fork", "glibc 2.36", 1, 0);
	add(&parts[0], "hangs", "?", 0, 1)->canary = true;
	parts[1].broken = mem_strdup("canary misjudged");
	parts[1].sequential = true;
	parts[1].stop = STOP_KILLED;
	pool_campaigns(parts, 2, &pool);
	cr_assert_eq(pool.n_cells, 1, "a canary is in no comparison");
	cr_assert_str_eq(pool.broken, "canary misjudged");
	cr_assert(pool.sequential);
	cr_assert_eq(pool.stop, STOP_KILLED);
	for (int i = 0; i < 2; i++)
		record_campaign_done(&parts[i]);
	record_campaign_done(&pool);
}
