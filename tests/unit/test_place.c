/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/snapshot/place.h"

#include <criterion/criterion.h>
#include <string.h>

static bool fits(const char *name)
{
	return place_fits("pipe_read|futex_*", name, strlen(name));
}

Test(place, names_and_prefixes)
{
	cr_assert(fits("pipe_read"));
	cr_assert(fits("pipe_read.isra.0"));
	cr_assert(fits("futex_wait_queue"));
	cr_assert(fits("futex_wait_queue.constprop.0"));
}

Test(place, anything_else_is_another_wait)
{
	cr_assert_not(fits("pipe_read_iter"));
	cr_assert_not(fits("pipe"));
	cr_assert_not(fits("futex"));
	cr_assert_not(fits("handle_userfault"));
	cr_assert_not(fits("0"));
	cr_assert_not(fits(""));
	cr_assert_not(fits(".isra.0"));
	cr_assert_not(place_fits(NULL, "pipe_read", 9));
	cr_assert_not(place_fits("", "pipe_read", 9));
}
