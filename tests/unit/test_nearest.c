/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/nearest.h"

#include <criterion/criterion.h>

Test(nearest, counts_what_fingers_do)
{
	cr_expect_eq(nearest_distance("run", "run"), 0);
	cr_expect_eq(nearest_distance("rnu", "run"), 1, "two letters swapped");
	cr_expect_eq(nearest_distance("timout", "timeout"), 1);
	cr_expect_eq(nearest_distance("reprt", "report"), 1);
	cr_expect_eq(nearest_distance("", "run"), 3);
	cr_expect_eq(nearest_distance("json", "html"), 4);
	cr_expect_gt(nearest_distance("a-word-of-more-than-thirty-one-bytes", "run"), 100);
}
