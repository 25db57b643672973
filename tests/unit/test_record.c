/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/record/record.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(record, names_go_both_ways)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		cr_assert_eq(verdict_from_name(verdict_name((enum verdict)v)), v);
	for (int l = 0; l < APPEARANCE_COUNT; l++)
		cr_assert_eq(appearance_from_name(appearance_name((enum appearance)l)), l);
	for (int e = 0; e < EXPECT_COUNT; e++)
		cr_assert_eq(expect_from_name(expect_name((enum expect)e)), e);
	for (int a = 0; a < ARM_COUNT; a++)
		cr_assert_eq(arm_from_name(arm_name((enum arm)a)), a);
	for (int r = 0; r < STOP_COUNT; r++)
		cr_assert_eq(stop_reason_from_name(stop_reason_name((enum stop_reason)r)), r);
	cr_assert_eq(verdict_from_name("hang"), -1);
	cr_assert_eq(verdict_from_name(""), -1);
	cr_assert_eq(verdict_from_name(NULL), -1);
	cr_assert_str_eq(verdict_name(VERDICT_COUNT), "?");
}

Test(record_hist, buckets_are_four_an_octave)
{
	cr_assert_eq(record_hist_bucket_ns(0), 1000);
	cr_assert_eq(record_hist_bucket_ns(4), 2000);
	cr_assert_eq(record_hist_bucket_ns(40), 1024000);
	for (unsigned int b = 0; b + 1 < RECORD_HIST_BUCKETS; b++)
		cr_assert_lt(record_hist_bucket_ns(b), record_hist_bucket_ns(b + 1));
}

Test(record_hist, every_duration_lies_in_its_bucket)
{
	for (unsigned int b = 0; b + 1 < RECORD_HIST_BUCKETS; b++) {
		struct record_hist h = { 0 };

		record_hist_add(&h, record_hist_bucket_ns(b));
		record_hist_add(&h, record_hist_bucket_ns(b + 1) - 1);
		cr_assert_eq(h.bucket[b], 2, "bucket %u", b);
	}
}

Test(record_hist, extremes_stay_in_the_outer_buckets)
{
	struct record_hist h = { 0 };

	record_hist_add(&h, -5);
	record_hist_add(&h, 0);
	record_hist_add(&h, 999);
	record_hist_add(&h, INT64_MAX / 4);
	cr_assert_eq(h.bucket[0], 3);
	cr_assert_eq(h.bucket[RECORD_HIST_BUCKETS - 1], 1);
	cr_assert_eq(h.min_ns, 0);
	cr_assert_eq(h.max_ns, INT64_MAX / 4);
}

Test(record_hist, quantiles_are_within_a_fifth)
{
	struct record_hist h = { 0 };

	cr_assert_eq(record_hist_quantile_ns(&h, 0.5), 0);
	for (int64_t i = 1; i <= 10000; i++)
		record_hist_add(&h, i * 1000);
	for (int q = 1; q < 100; q++) {
		double truth = q / 100.0 * 1e7;
		double got = (double)record_hist_quantile_ns(&h, q / 100.0);

		cr_assert(got > truth * 0.81 && got < truth * 1.19, "q %d: %f", q, got);
	}
	cr_assert_eq(record_hist_quantile_ns(&h, 0), 1000);
	cr_assert_eq(record_hist_quantile_ns(&h, 1), 10000000);
}

Test(record_hist, one_value_is_every_quantile)
{
	struct record_hist h = { 0 };

	record_hist_add(&h, 1234567);
	cr_assert_eq(record_hist_quantile_ns(&h, 0.5), 1234567);
	cr_assert_eq(record_hist_quantile_ns(&h, 0.99), 1234567);
}

Test(record_hist, merge_equals_adding)
{
	struct record_hist a = { 0 }, b = { 0 }, all = { 0 };

	for (int64_t i = 1; i < 500; i++) {
		record_hist_add(i % 3 ? &a : &b, i * 7777);
		record_hist_add(&all, i * 7777);
	}
	record_hist_merge(&a, &b);
	cr_assert_arr_eq(&a, &all, sizeof(a));
	record_hist_merge(&a, &(struct record_hist){ 0 });
	cr_assert_arr_eq(&a, &all, sizeof(a));
}

Test(record_hist, bytes_go_both_ways)
{
	unsigned char buf[RECORD_HIST_MAX_BYTES];
	struct record_hist h = { 0 }, back = { 0 };
	size_t n;

	cr_assert_eq(record_hist_encode(&h, buf), 0);
	cr_assert_eq(record_hist_decode(buf, 0, &back), 0);
	for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++)
		record_hist_add(&h, record_hist_bucket_ns(b));
	n = record_hist_encode(&h, buf);
	cr_assert_eq(n, sizeof(buf));
	cr_assert_eq(record_hist_decode(buf, n, &back), 0);
	cr_assert_arr_eq(&h, &back, sizeof(h));
}

Test(record_hist, damaged_bytes_are_refused)
{
	unsigned char buf[RECORD_HIST_MAX_BYTES];
	struct record_hist h = { 0 }, back;
	size_t n;

	record_hist_add(&h, 5000);
	record_hist_add(&h, 9000000);
	n = record_hist_encode(&h, buf);
	cr_assert_eq(n, 42);
	for (size_t cut = 1; cut < n; cut++)
		cr_assert_eq(record_hist_decode(buf, cut, &back), -EBADMSG, "%zu", cut);
	buf[0]++; /* count */
	cr_assert_eq(record_hist_decode(buf, n, &back), -EBADMSG);
	buf[0]--;
	buf[16] = buf[17] = buf[18] =
		0xff; /* extremes that lie in other buckets (found by fuzzing) */
	cr_assert_eq(record_hist_decode(buf, n, &back), -EBADMSG);
	record_hist_encode(&h, buf);
	buf[32] = 200; /* bucket */
	cr_assert_eq(record_hist_decode(buf, n, &back), -EBADMSG);
	buf[32] = buf[37]; /* twice the same */
	cr_assert_eq(record_hist_decode(buf, n, &back), -EBADMSG);
}

static struct record_campaign group_of(enum expect e, enum verdict v, uint64_t n)
{
	struct record_campaign c = { 0 };

	for (int i = 0; i < 3; i++) {
		struct record_cell *cell = record_campaign_add_cell(&c);

		cell->target = mem_strdup(i < 2 ? "a" : "other");
		cell->variant = mem_strdup("v");
		cell->libc = mem_strdup("glibc 2.36");
		cell->inject = mem_strdup("");
		cell->expect = e;
		cell->count[VERDICT_PASS] = 10;
	}
	c.cells[1].count[v] += n;
	return c;
}

static void assert_met(enum expect e, enum verdict v, uint64_t n, enum met wanted)
{
	struct record_campaign c = group_of(e, v, n);

	/* the other cell of the group is judged alike */
	cr_assert_eq(record_group_met(&c, &c.cells[0]), wanted, "%s with %s", expect_name(e),
		verdict_name(v));
	cr_assert_eq(record_group_met(&c, &c.cells[1]), wanted);
	/* another target is not */
	if (e == EXPECT_COMPLETES)
		cr_assert_eq(record_group_met(&c, &c.cells[2]), MET_YES);
	record_campaign_done(&c);
}

Test(record, expectations_are_judged_by_group)
{
	assert_met(EXPECT_DEADLOCKS, VERDICT_DEADLOCK, 1, MET_YES);
	assert_met(EXPECT_DEADLOCKS, VERDICT_TIMEOUT, 1, MET_NO);
	assert_met(EXPECT_DEADLOCKS, VERDICT_PASS, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_PASS, 1, MET_YES);
	assert_met(EXPECT_COMPLETES, VERDICT_DEADLOCK, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_TIMEOUT, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_RECOVERED, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_FAIL, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_CRASH, 1, MET_NO);
	assert_met(EXPECT_COMPLETES, VERDICT_BROKEN, 1, MET_YES);
	assert_met(EXPECT_MAY, VERDICT_DEADLOCK, 1, MET_UNJUDGED);
	assert_met(EXPECT_TIMES_OUT, VERDICT_TIMEOUT, 1, MET_YES);
	assert_met(EXPECT_TIMES_OUT, VERDICT_DEADLOCK, 1, MET_NO);
	assert_met(EXPECT_HANGS, VERDICT_TIMEOUT, 1, MET_YES);
	assert_met(EXPECT_HANGS, VERDICT_DEADLOCK, 1, MET_YES);
	assert_met(EXPECT_HANGS, VERDICT_PASS, 1, MET_NO);
	assert_met(EXPECT_RECOVERS, VERDICT_RECOVERED, 1, MET_YES);
	assert_met(EXPECT_RECOVERS, VERDICT_DEADLOCK, 1, MET_NO);
	assert_met(EXPECT_FAILS, VERDICT_FAIL, 1, MET_YES);
	assert_met(EXPECT_FAILS, VERDICT_TIMEOUT, 1, MET_NO);
	assert_met(EXPECT_NONE, VERDICT_FAIL, 1, MET_YES);
	assert_met(EXPECT_NONE, VERDICT_TIMEOUT, 1, MET_NO);
}

Test(record, without_a_counted_trial_nothing_is_judged)
{
	struct record_campaign c = group_of(EXPECT_COMPLETES, VERDICT_BROKEN, 5);

	c.cells[0].count[VERDICT_PASS] = c.cells[1].count[VERDICT_PASS] = 0;
	cr_assert_eq(record_group_met(&c, &c.cells[0]), MET_UNJUDGED);
	cr_assert_eq(record_cell_trials(&c.cells[1]), 0);
	record_campaign_done(&c);
}

Test(record, merged_cells_add_up)
{
	struct record_campaign a = group_of(EXPECT_MAY, VERDICT_DEADLOCK, 3);
	struct record_campaign b = group_of(EXPECT_MAY, VERDICT_DEADLOCK, 4);
	struct record_cause *cause = record_cell_add_cause(&a.cells[1], "k");

	cause->count = 3;
	cause->first_index = 7;
	cause->first_seed = 70;
	cause = record_cell_add_cause(&b.cells[1], "k");
	cause->count = 3;
	cause->first_index = 2;
	cause->first_seed = 20;
	cause->summary = mem_strdup("said later");
	record_cell_add_cause(&b.cells[1], "other")->count = 1;
	record_hist_add(&b.cells[1].detect_ns, 12345678);

	record_cell_merge(&a.cells[1], &b.cells[1]);
	cr_assert_eq(record_cell_hangs(&a.cells[1]), 7);
	cr_assert_eq(record_cell_trials(&a.cells[1]), 27);
	cr_assert_eq(a.cells[1].n_causes, 2);
	cause = record_cell_find_cause(&a.cells[1], "k");
	cr_assert_eq(cause->count, 6);
	cr_assert_eq(cause->first_seed, 20);
	cr_assert_str_eq(cause->summary, "said later");
	cr_assert_eq(a.cells[1].detect_ns.count, 1);
	record_campaign_done(&a);
	record_campaign_done(&b);
}
