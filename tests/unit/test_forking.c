/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether being forked changes how often a program hangs: cells by zygote beside cells by exec. */
#include "runner/base/util.h"
#include "runner/campaign/forking.h"

#include <criterion/criterion.h>
#include <string.h>

/* Cell 0 is run by zygotes, cell 1 by exec; cell 2 is of something else. */
static char *differs(uint64_t zygote, uint64_t n, uint64_t exec, uint64_t m)
{
	struct plan_cell planned[] = { { .zygote = true }, { .check = true, .check_of = 0 },
		{ .canary = true } };
	struct record_cell cells[3] = { { .target = "./prog", .variant = "" },
		{ .target = "./prog", .variant = "" }, { .target = "canary", .variant = "futex" } };
	struct plan plan = { .cells = planned, .n_cells = 3 };
	struct record_campaign record = { .cells = cells, .n_cells = 3 };

	cells[0].count[VERDICT_DEADLOCK] = zygote;
	cells[0].count[VERDICT_PASS] = n - zygote;
	cells[1].count[VERDICT_TIMEOUT] = exec;
	cells[1].count[VERDICT_PASS] = m - exec;
	cells[2].count[VERDICT_DEADLOCK] = 50;
	return forking_differs(&plan, &record);
}

Test(forking, says_when_exec_and_zygote_disagree)
{
	cleanup(cleanup_free) char *more = differs(501, 1000, 9, 63),
				   *less = differs(9, 63, 501, 1000);

	cr_assert_neq(more, NULL);
	cr_expect_neq(
		strstr(more, "'./prog': being forked changes how often it hangs: by exec 9 of 63, "
			     "by zygote 501 of 1000 (p = "),
		NULL, "%s", more);
	cr_expect_neq(less, NULL);
}

Test(forking, says_nothing_where_chance_would_do)
{
	cr_expect_eq(differs(501, 1000, 30, 63), NULL);
	cr_expect_eq(differs(500, 1000, 22, 63), NULL);
	cr_expect_eq(differs(0, 1000, 0, 63), NULL);
	cr_expect_eq(differs(1000, 1000, 63, 63), NULL);
	cr_expect_eq(differs(0, 0, 0, 0), NULL);
}
