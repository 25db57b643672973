/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/text.h"
#include "runner/campaign/alone.h"

#include <criterion/criterion.h>

Test(alone, is_asked_where_it_can_be_told)
{
	struct record_campaign c = { .stop = STOP_DONE };
	struct record_cell cell = { .expect = EXPECT_NONE };
	struct run_options o = { .jobs = 4 };

	cell.count[VERDICT_PASS] = 30;
	cell.count[VERDICT_FAIL] = 10;
	cr_expect(alone_is_wanted(&o, &c, &cell));
	cell.count[VERDICT_FAIL] = 1;
	cr_expect_not(alone_is_wanted(&o, &c, &cell), "too rare");
	cell.count[VERDICT_FAIL] = 10;
	o.jobs = 1;
	cr_expect_not(alone_is_wanted(&o, &c, &cell), "it was alone");
	o.jobs = 4;
	c.stop = STOP_INTERRUPTED;
	cr_expect_not(alone_is_wanted(&o, &c, &cell), "somebody wants it to end");
	c.stop = STOP_DONE;
	cell.expect = EXPECT_DEADLOCKS;
	cr_expect_not(alone_is_wanted(&o, &c, &cell), "a scenario declares what it does");
}

Test(alone, is_told_from_chance)
{
	struct record_cell cell = { .alone = 20 };

	cell.count[VERDICT_PASS] = 25;
	cell.count[VERDICT_FAIL] = 15;
	cr_expect(text_is_disturbed(&cell));
	cell.alone_bad = 3;
	cell.alone = 4;
	cr_expect_not(text_is_disturbed(&cell), "it fails alone, too");
	cell.alone = 0;
	cr_expect_not(text_is_disturbed(&cell), "nobody asked");
}
