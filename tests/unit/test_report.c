/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/report.h"
#include "reports/text.h"
#include "runner/base/util.h"
#include "tests/demo/campaign.h"
#include "tests/unit/reporting.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

Test(report, formats_have_names_of_their_own)
{
	for (const struct report_format *f = report_formats; f->name; f++)
		cr_assert_eq(report_find(f->name), f);
	cr_assert_null(report_find("pdf"));
}

Test(report, probabilities_come_with_their_interval)
{
	struct record_campaign c = reporting_small(EXPECT_MAY, 0, 0);
	char buf[WORDS_MAX];

	/* exact values: 1 - 0.05^(1/300); qbeta(.025, 10, 91), qbeta(.975, 11, 90) */
	cr_assert_str_eq(text_probability(&c, 0, 300, buf), "< 0.99 %");
	cr_assert_str_eq(text_probability(&c, 300, 300, buf), "> 99.01 %");
	cr_assert_str_eq(text_probability(&c, 10, 100, buf), "10.0 % [4.9, 17.6]");
	cr_assert_str_eq(text_probability(&c, 0, 0, buf), "-");
	c.sequential = true;
	cr_assert_str_neq(text_probability(&c, 10, 100, buf), "10.0 % [4.9, 17.6]");
	record_campaign_done(&c);
}

Test(report, durations_keep_two_digits)
{
	char buf[WORDS_MAX];

	cr_assert_str_eq(text_duration(0, buf), "0 ns");
	cr_assert_str_eq(text_duration(1500, buf), "1.5 us");
	cr_assert_str_eq(text_duration(12345678, buf), "12 ms");
	cr_assert_str_eq(text_duration(INT64_C(90000000000), buf), "1.5 min");
}

Test(report, text_is_made_harmless)
{
	static const char *const pairs[][2] = { { "plain \xc3\xa9", "plain \xc3\xa9" },
		{ "\x1b[31m", "\xef\xbf\xbd[31m" }, { "a\xff", "a\xef\xbf\xbd" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xe0\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc2\x9b"
		  "1m",
			"\xef\xbf\xbd"
			"1m" },
		{ "\xef\xbf\xbf", "\xef\xbf\xbd" }, { "a\n\tb", "a\n\tb" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" } };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		char *clean cleanup(cleanup_free) = text_clean(pairs[i][0]);

		cr_assert_str_eq(clean, pairs[i][1], "%zu", i);
	}
}

/* Five verdicts with a long name are more than one line. */
Test(report, judgements_are_wrapped)
{
	struct record_campaign c = reporting_small(EXPECT_NONE, 1000000, 0);

	c.cells[0].count[VERDICT_DEADLOCK] = 1000000;
	c.cells[0].count[VERDICT_TIMEOUT] = 1000000;
	c.cells[0].count[VERDICT_FAIL] = 1000000;
	c.cells[0].count[VERDICT_CRASH] = 1000000;
	reporting_assert_says(&c,
		"\n  glibc 2.36: must not hang, but: 1000000 deadlock, 1000000 timeout, 1000000"
		"\n              fail, 1000000 crash, 1000000 pass\n",
		true);
	free(c.cells[0].target);
	c.cells[0].target = mem_strdup("/a/long/path/to/some/program/that/was/run");
	reporting_assert_says(&c, "was/run, glibc 2.36: must not hang,\n      but: ", true);
}

Test(report, the_first_line_says_what_matters)
{
	struct record_campaign c = reporting_small(EXPECT_COMPLETES, 100, 0);

	reporting_assert_says(&c, "0 of 1 hang; all as expected\n", true);
	c.cells[0].count[VERDICT_DEADLOCK] = 3;
	reporting_assert_says(&c,
		"1 of 1 hang; 1 of 1 not as expected\n  NOT MET  program, glibc 2.36: "
		"expected to complete, but: 3 deadlock, 100 pass\n",
		true);
	c.cells[0].expect = EXPECT_DEADLOCKS;
	reporting_assert_says(&c,
		"1 of 1 hang; all as expected\n  hangs    program, glibc 2.36: 3 deadlock", true);
	c.cells[0].expect = EXPECT_MAY;
	reporting_assert_says(&c, "1 of 1 hang; nothing was judged\n", true);
	c.cells[0].false_proofs = 1;
	reporting_assert_says(&c, "1 FALSE PROOFS", true);
	c.broken = mem_strdup("the canary was misjudged");
	reporting_assert_says(&c, "BROKEN: the canary was misjudged", true);
	record_campaign_done(&c);
}

Test(report, an_injector_that_did_nothing_is_said)
{
	struct record_campaign c = reporting_small(EXPECT_MAY, 100, 0);

	c.cells[0].arm = ARM_INJECTED;
	c.cells[0].counters = (struct record_counters){ .trials = 100, .armed = 1, .fired = 5 };
	reporting_assert_says(&c, "injector", false);
	c.cells[0].counters.fired = 0;
	reporting_assert_says(&c, "never fired: no evidence", true);
	c.cells[0].counters.note = mem_strdup("static program");
	reporting_assert_says(&c, "injector: static program", true);
	record_campaign_done(&c);
}

static void expect_after_fix(const struct record_campaign *now,
	const struct record_campaign *history, size_t n, const char *want)
{
	struct report_input in = { .campaign = now, .history = history, .n_history = n };
	char *got cleanup(cleanup_free) = text_after_fix(&in, &now->cells[0]);

	if (want)
		cr_expect_str_eq(got, want);
	else
		cr_expect_null(got, "%s", got);
}

/* 30 of 100 is at least 21.24 % (qbeta(.025, 30, 71)); log(0.05) / log(1 - 0.02124) = 139.5 */
Test(report, after_a_fix_it_says_how_many_clean_trials_are_needed)
{
	struct record_campaign old[] = { reporting_small(EXPECT_COMPLETES, 50, 0),
		reporting_small(EXPECT_COMPLETES, 70, 30),
		reporting_small(EXPECT_COMPLETES, 0, 9) };
	struct record_campaign few = reporting_small(EXPECT_COMPLETES, 89, 0);
	struct record_campaign enough = reporting_small(EXPECT_COMPLETES, 90, 0);
	struct record_campaign hung = reporting_small(EXPECT_COMPLETES, 139, 1);
	struct record_campaign meant = reporting_small(EXPECT_MAY, 139, 0);
	struct record_campaign none = reporting_small(EXPECT_COMPLETES, 0, 0);

	expect_after_fix(&few, old, 3,
		"hung in 30 of 100 before, in none of 139 since; 1 more clean trials would show "
		"with 95 % that it is 10 times rarer now");
	expect_after_fix(&enough, old, 3,
		"at least 10 times rarer now, with 95 %: it hung in 30 of 100 before, and in none "
		"of 140 since");
	expect_after_fix(&few, old, 1, NULL);
	expect_after_fix(&few, NULL, 0, NULL);
	expect_after_fix(&hung, old, 3, NULL);
	expect_after_fix(&meant, old, 3, NULL);
	expect_after_fix(&none, old, 3, NULL);
	old[1].broken = mem_strdup("the canary");
	expect_after_fix(&enough, old, 2, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		record_campaign_done(&old[i]);
	record_campaign_done(&few);
	record_campaign_done(&enough);
	record_campaign_done(&hung);
	record_campaign_done(&meant);
	record_campaign_done(&none);
}

Test(report, after_a_fix_every_format_for_people_and_the_json_say_it)
{
	struct record_campaign old = reporting_small(EXPECT_COMPLETES, 70, 30);
	struct record_campaign now = reporting_small(EXPECT_COMPLETES, 39, 0);
	struct report_input in = { .campaign = &now, .history = &old, .n_history = 1 };
	static const char *const formats[] = { "text", "md", "html" };
	char *text cleanup(cleanup_free) = reporting_render("json", &in);
	json_t *root = json_loads(text, 0, NULL), *fix;

	fix = json_object_get(json_array_get(json_object_get(root, "cells"), 0), "after_fix");
	cr_expect_eq(json_integer_value(json_object_get(fix, "hangs_before")), 30);
	cr_expect_eq(json_integer_value(json_object_get(fix, "trials_before")), 100);
	cr_expect_eq(json_integer_value(json_object_get(fix, "clean_trials")), 39);
	cr_expect_eq(json_integer_value(json_object_get(fix, "clean_trials_needed")), 140);
	json_decref(root);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char *page cleanup(cleanup_free) = reporting_render(formats[i], &in);

		reporting_assert_in(page, "101 more clean trials", true);
	}
	record_campaign_done(&old);
	record_campaign_done(&now);
}

/* --decide 1%:10%: 2 of 2 hung is above, 0 of 32 below, 0 of 1 neither, see test_stopping.c. */
static struct record_campaign decided(void)
{
	static const uint64_t counts[][2] = { { 0, 2 }, { 32, 0 }, { 1, 0 }, { 0, 0 }, { 0, 9 } };
	struct record_campaign c = reporting_small(EXPECT_MAY, 0, 2);

	for (size_t i = 1; i < ARRAY_SIZE(counts); i++) {
		struct record_cell *cell = record_campaign_add_cell(&c);

		cell->target = mem_strdup("program");
		cell->variant = mem_strdup("");
		cell->libc = mem_strdup("glibc 2.36");
		cell->inject = mem_printf("knob=%zu", i);
		cell->expect = EXPECT_MAY;
		cell->count[VERDICT_PASS] = counts[i][0];
		cell->count[VERDICT_DEADLOCK] = counts[i][1];
	}
	c.cells[4].canary = true;
	c.sequential = true;
	c.stop = STOP_DECIDED;
	c.decide_low = 0.01;
	c.decide_high = 0.1;
	return c;
}

Test(report, what_was_decided_is_said_of_each_cell)
{
	static const char *const all = "P(hang) is above 1 % in 1 cells, below 10 % in 1, not "
				       "decided in 1; either answer is wrong with 5 % at most";
	struct record_campaign c = decided();
	static const struct {
		const char *format, *above, *below, *open;
	} says[] = {
		{ "text", "--decide: above 1 %\n", "--decide: below 10 %\n",
			"--decide: not decided\n" },
		{ "md", "; above 1 % |", "; below 10 % |", "; not decided |" },
		{ "html", "<small>--decide: above 1 %</small>",
			"<small>--decide: below 10 %</small>",
			"<small>--decide: not decided</small>" },
		{ "junit", "--decide: above 1 %,", "--decide: below 10 %,",
			"--decide: not decided," },
		{ "csv", ",above,", ",below,", ",undecided," },
		{ "openmetrics", "answer=\"above\"} 1\n", "answer=\"below\"} 1\n",
			"answer=\"undecided\"} 1\n" },
		{ "json", "\"decided\": \"above\"", "\"decided\": \"below\"",
			"\"decided\": \"undecided\"" },
	};

	for (int asked = 1; asked >= 0; asked--) {
		struct report_input in = { .campaign = &c, .width = 200 };

		for (size_t i = 0; i < ARRAY_SIZE(says); i++) {
			char *page cleanup(cleanup_free) = reporting_render(says[i].format, &in);

			reporting_assert_in(page, says[i].above, asked);
			reporting_assert_in(page, says[i].below, asked);
			reporting_assert_in(page, says[i].open, asked);
			if (i < 3)
				reporting_assert_in(page, all, asked);
		}
		c.decide_high = 0;
	}
	record_campaign_done(&c);
}

/* Neither a canary nor a cell without a trial, and one cell alone is one word. */
Test(report, what_was_decided_is_said_in_one_line)
{
	struct record_campaign c = decided();
	size_t all = c.n_cells;
	char *line cleanup(cleanup_free) = NULL;

	for (size_t i = 3; i < all; i++)
		cr_expect_null(text_decision_name(&c, &c.cells[i]), "%zu", i);
	c.n_cells = 1;
	line = report_decided(&c);
	cr_expect_str_eq(line, "P(hang) is above 1 %; either answer is wrong with 5 % at most");
	c.n_cells = all;
	record_campaign_done(&c);
}

Test(report, a_canary_shows_only_when_it_was_misjudged)
{
	struct record_campaign c = reporting_small(EXPECT_COMPLETES, 100, 0);

	c.cells[0].canary = true;
	reporting_assert_says(&c, "program", false);
	c.cells[0].count[VERDICT_DEADLOCK] = 1;
	reporting_assert_says(&c, "program", true);
	record_campaign_done(&c);
}

Test(report, the_table_fits_eighty_columns_and_has_no_colour_unasked)
{
	struct record_campaign c;
	struct report_input in = { .campaign = &c };
	char *text;

	demo_campaign(&c, 1, 0);
	text = reporting_render("text", &in);
	cr_assert_null(strchr(text, '\x1b'));
	cr_assert(strstr(text, "seed 1;"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t columns = 0;

		for (const char *p = line; *p; p++)
			columns += (*p & 0xc0) != 0x80;
		cr_assert_leq(columns, 80, "%s", line);
		cr_assert_neq(line[strlen(line) - 1], ' ', "blank at the end of '%s'", line);
	}
	free(text);
	in.colour = true;
	text = reporting_render("text", &in);
	cr_assert(strchr(text, '\x1b'));
	free(text);
	record_campaign_done(&c);
}

Test(report, json_holds_the_record)
{
	struct record_campaign c;
	struct report_input in = { .campaign = &c };
	char *text;
	json_t *root, *cells;

	demo_campaign(&c, UINT64_MAX, 0);
	text = reporting_render("json", &in);
	root = json_loads(text, 0, NULL);
	cr_assert(root);
	cr_assert_str_eq(
		json_string_value(json_object_get(json_object_get(root, "campaign"), "seed")),
		"18446744073709551615");
	cells = json_object_get(root, "cells");
	cr_assert_eq(json_array_size(cells), c.n_cells);
	for (size_t i = 0; i < c.n_cells; i++) {
		json_t *o = json_array_get(cells, i);

		for (unsigned int v = 0; v < VERDICT_COUNT; v++)
			cr_assert_eq((uint64_t)json_integer_value(
					     json_object_get(o, verdict_name((enum verdict)v))),
				c.cells[i].count[v]);
		cr_assert_eq(json_array_size(json_object_get(o, "causes")), c.cells[i].n_causes);
		if (record_cell_trials(&c.cells[i]))
			cr_assert_float_eq(json_real_value(json_object_get(o, "p_hang")),
				(double)record_cell_hangs(&c.cells[i]) /
					(double)record_cell_trials(&c.cells[i]),
				1e-15);
	}
	json_decref(root);
	free(text);
	record_campaign_done(&c);
}

Test(report, junit_blames_the_cells_that_contradict)
{
	struct record_campaign c = reporting_small(EXPECT_COMPLETES, 10, 0);
	struct record_campaign other = reporting_small(EXPECT_COMPLETES, 10, 1);
	struct report_input in = { .campaign = &c };
	char *text;

	*record_campaign_add_cell(&c) = other.cells[0];
	other.n_cells = 0;
	record_campaign_done(&other);
	text = reporting_render("junit", &in);
	reporting_assert_in(text, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\"", true);
	reporting_assert_in(text, "name=\"glibc 2.36, bare\"", true);
	reporting_assert_in(text, "name=\"glibc 2.36, bare (2)\"", true); /* never twice the same */
	free(text);
	c.cells[0].count[VERDICT_BROKEN] = 1;
	text = reporting_render("junit", &in);
	reporting_assert_in(text, "errors=\"1\"", true);
	free(text);
	record_campaign_done(&c);
}

Test(report, markdown_stays_below_a_mebibyte)
{
	struct record_campaign c;
	struct report_input in = { .campaign = &c };
	char *text;

	demo_large(&c, 5000, 20000);
	text = reporting_render("md", &in);
	cr_assert_leq(strlen(text), 60000, "%zu", strlen(text));
	cr_assert(strstr(text, "more cells are in the JSON"));
	free(text);
	text = reporting_render("md-full", &in);
	cr_assert_leq(strlen(text), 1 << 20, "%zu", strlen(text));
	cr_assert(strstr(text, "more cells are in the JSON"));
	free(text);
	record_campaign_done(&c);
}

Test(report, a_failed_write_leaves_the_old_report)
{
	struct record_campaign c = reporting_small(EXPECT_MAY, 1, 0);
	struct report_input in = { .campaign = &c };
	char dir[SCRATCH_MAX], path[SCRATCH_MAX + 8], line[16] = "";
	FILE *f;

	scratch_folder(dir);
	sprintf(path, "%s/r", dir);
	f = fopen(path, "w");
	fputs("old", f);
	fclose(f);
	cr_assert_eq(report_write(report_find("csv"), &in, "/dev/full"), -ENOSPC);
	cr_assert_eq(report_write(report_find("csv"), &in, dir), -EISDIR);
	cr_assert_eq(report_write(report_find("csv"), &in, path), 0);
	f = fopen(path, "r");
	cr_assert(fgets(line, 7, f));
	fclose(f);
	cr_assert_str_eq(line, "target");
	unlink(path);
	cr_assert_eq(rmdir(dir), 0, "something was left beside the report");
	record_campaign_done(&c);
}
