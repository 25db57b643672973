/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/campaign/canary.h"
#include "runner/base/util.h"

static bool has_fault(enum expect expect, uint64_t deadlock, uint64_t timeout, uint64_t pass)
{
	struct record_cell cell = { .canary = true, .expect = expect };
	struct record_campaign c = { .cells = &cell, .n_cells = 1 };

	cell.count[VERDICT_DEADLOCK] = deadlock;
	cell.count[VERDICT_TIMEOUT] = timeout;
	cell.count[VERDICT_PASS] = pass;
	return canary_fault(&c) != NULL;
}

Test(canary, a_known_deadlock_is_proven_each_time)
{
	cr_assert(not(has_fault(EXPECT_DEADLOCKS, 3, 0, 0)));
	cr_assert(has_fault(EXPECT_DEADLOCKS, 2, 1, 0));
}

Test(canary, what_cannot_be_proven_must_be_seen_to_hang)
{
	cr_assert(not(has_fault(EXPECT_HANGS, 0, 1, 0)));
	cr_assert(not(has_fault(EXPECT_HANGS, 1, 0, 0)));
	cr_assert(has_fault(EXPECT_HANGS, 0, 1, 1));
}

Test(canary, a_clean_program_passes_each_time)
{
	cr_assert(not(has_fault(EXPECT_COMPLETES, 0, 0, 3)));
	cr_assert(has_fault(EXPECT_COMPLETES, 0, 1, 2));
}
