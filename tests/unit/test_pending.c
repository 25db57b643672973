/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/pending.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

static void expect_text(const struct pending *p, const char *want)
{
	char *text cleanup(cleanup_free) = pending_format(p);

	cr_expect(eq(str, text, (char *)want));
}

Test(pending, what_is_taken_and_not_over_is_left)
{
	cleanup(pending_done) struct pending p = {};

	expect_text(&p, "0");
	pending_add(&p, 1);
	pending_add(&p, 4);
	pending_add(&p, 7);
	pending_over(&p, 4);
	expect_text(&p, "8 1 7");
	/* taken again, out of order, by another runner */
	pending_add(&p, 1);
	expect_text(&p, "8 1 7");
	pending_over(&p, 1);
	pending_over(&p, 7);
	pending_over(&p, 7);
	expect_text(&p, "8");
}

Test(pending, reads_what_it_writes)
{
	static const char *const texts[] = { "0", "1", "8 1 7", "18446744073709551615 3" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup(pending_done) struct pending p = {};

		cr_assert(eq(int, pending_parse(texts[i], &p), 0), "%s", texts[i]);
		expect_text(&p, texts[i]);
	}
}

Test(pending, refuses_what_is_damaged)
{
	static const char *const texts[] = { "", " ", "x", "8 ", "8 8", "8 9", "8 1 1", "8 1x",
		"0 0", "8  1", "-1", "18446744073709551616" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct pending p = {};

		cr_expect(eq(int, pending_parse(texts[i], &p), -EINVAL), "%s", texts[i]);
		pending_done(&p);
	}
}
