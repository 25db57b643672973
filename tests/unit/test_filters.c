/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>

#include "runner/trial/filters.h"
#include "runner/base/util.h"

Test(filters, the_same_number_of_a_descendant_is_the_same_filters)
{
	static const struct procfs_status one = { .filtered = true, .n_filters = 1 };
	static const struct procfs_status two = { .filtered = true, .n_filters = 2 };
	static const struct procfs_status untold = { .filtered = true };
	static const struct procfs_status none = { .filtered = false };

	cr_assert(filters_are_ours(&one, &one, 0, true));
	cr_assert(filters_are_ours(&two, &two, 0, true));
	cr_assert(not(filters_are_ours(&two, &one, 0, true)), "one of its own");
	cr_assert(not(filters_are_ours(&one, &one, 0, false)), "who does not descend has others");
	cr_assert(
		not(filters_are_ours(&untold, &untold, 0, true)), "before Linux 5.9 nobody counts");
	cr_assert(not(filters_are_ours(&one, &none, 0, true)));
	cr_assert(filters_are_ours(&one, &none, 1, true), "one that injects delays");
	cr_assert(filters_are_ours(&two, &one, 1, true));
	cr_assert(not(filters_are_ours(&two, &none, 1, true)), "and one of its own");
	cr_assert(not(filters_are_ours(&one, &none, UINT_MAX, true)), "that holds the questions");
	cr_assert(not(filters_are_ours(&one, &untold, 1, true)));
}

Test(filters, a_process_without_any_has_no_other)
{
	static const struct procfs_status none = { .filtered = false };

	cr_assert(not(filters_differ(1, &none, 0)));
}
