/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every report says first, and of each expectation. */
#include "reports/text.h"
#include "runner/base/util.h"
#include "tests/unit/reporting.h"

#include <criterion/criterion.h>

/* Of each expectation: what a trial must do, and the words where it does and where it does not. */
static const struct {
	enum verdict meets, contradicts;
	const char *met, *not_met;
} of_expect[] = {
	[EXPECT_NONE] = { VERDICT_PASS, VERDICT_DEADLOCK, "never hung", "must not hang" },
	[EXPECT_COMPLETES] = { VERDICT_PASS, VERDICT_FAIL, "completes as expected",
		"expected to complete" },
	[EXPECT_DEADLOCKS] = { VERDICT_DEADLOCK, VERDICT_PASS, "deadlocks as expected",
		"expected to deadlock" },
	[EXPECT_MAY] = { VERDICT_PASS, VERDICT_PASS, "(may hang)", "(may hang)" },
	[EXPECT_TIMES_OUT] = { VERDICT_TIMEOUT, VERDICT_PASS, "times out as expected",
		"expected to time out" },
	[EXPECT_HANGS] = { VERDICT_TIMEOUT, VERDICT_PASS, "hangs as expected", "expected to hang" },
	[EXPECT_RECOVERS] = { VERDICT_RECOVERED, VERDICT_DEADLOCK, "recovers as expected",
		"expected to recover" },
	[EXPECT_FAILS] = { VERDICT_FAIL, VERDICT_PASS, "fails as expected", "expected to fail" },
};
_Static_assert(ARRAY_SIZE(of_expect) == EXPECT_COUNT, "a row for each expectation");

Test(report_head, every_expectation_has_its_words_in_every_format)
{
	for (enum expect e = 0; e < EXPECT_COUNT; e++)
		for (int met = 0; met < 2; met++) {
			struct record_campaign c = reporting_small(e, 0, 0);
			struct report_input in = { .campaign = &c };

			c.cells[0].count[met ? of_expect[e].meets : of_expect[e].contradicts] = 3;
			reporting_assert_says(
				&c, met ? of_expect[e].met : of_expect[e].not_met, true);
			for (const struct report_format *f = report_formats; f->name; f++) {
				char *text cleanup(cleanup_free) = reporting_render(f->name, &in);

				reporting_assert_in(text, "(null)", false);
			}
			record_campaign_done(&c);
		}
}

/* A typo in the name of a script must not be green. */
Test(report_head, where_no_trial_passed_nothing_was_measured)
{
	struct record_campaign c = reporting_small(EXPECT_NONE, 0, 0);
	struct record_cause *cause = record_cell_add_cause(&c.cells[0], "fail|status 2|x");
	struct report_input in = { .campaign = &c };

	c.cells[0].count[VERDICT_FAIL] = 50;
	cause->class = mem_strdup("fail");
	cause->summary = mem_strdup("status 2: no such file");
	cause->count = 50;
	cr_expect_eq(record_group_met(&c, &c.cells[0]), MET_UNJUDGED);
	for (const struct report_format *f = report_formats; f->name; f++) {
		char *text cleanup(cleanup_free) = reporting_render(f->name, &in);

		if (strcmp(f->name, "csv") != 0 && strcmp(f->name, "openmetrics") != 0) {
			reporting_assert_in(text, "nothing was measured", true);
			reporting_assert_in(text, "status 2: no such file", true);
		}
		reporting_assert_in(text, "as expected", false);
	}
	c.fail_on = RECORD_ON_FAIL;
	cr_expect_eq(record_group_met(&c, &c.cells[0]), MET_NO);
	reporting_assert_says(&c, "must not fail, but: 50 fail", true);
	record_campaign_done(&c);
}

/* One line, and one number, for every reader. */
Test(report_head, the_same_first_line_stands_in_every_format)
{
	struct record_campaign c = reporting_small(EXPECT_NONE, 90, 7);
	struct report_input in = { .campaign = &c };
	char *line cleanup(cleanup_free) = NULL;

	c.cells[0].count[VERDICT_CRASH] = 3;
	line = text_headline(&c);
	cr_expect_str_eq(line, "1 of 1 hang, 1 crash; 1 of 1 not as expected");
	for (const struct report_format *f = report_formats; f->name; f++) {
		char *text cleanup(cleanup_free) = reporting_render(f->name, &in);

		if (!strcmp(f->name, "csv") || !strcmp(f->name, "openmetrics") ||
			!strcmp(f->name, "junit"))
			continue;
		reporting_assert_in(text, line, true);
	}
	reporting_assert_says(&c, "P(crash) 3.0 % [0.6, 8.5]", true);
	record_campaign_done(&c);
}
