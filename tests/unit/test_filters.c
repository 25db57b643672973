/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "runner/trial/filters.h"
#include "runner/base/util.h"

Test(filters, the_same_number_of_a_descendant_is_the_same_filters)
{
	static const struct procfs_status one = { .filtered = true, .n_filters = 1 };
	static const struct procfs_status two = { .filtered = true, .n_filters = 2 };
	static const struct procfs_status untold = { .filtered = true };
	static const struct procfs_status none = { .filtered = false };

	cr_assert(filters_are_ours(&one, &one, true));
	cr_assert(filters_are_ours(&two, &two, true));
	cr_assert(not(filters_are_ours(&two, &one, true)), "one of its own");
	cr_assert(not(filters_are_ours(&one, &one, false)), "who does not descend has others");
	cr_assert(not(filters_are_ours(&untold, &untold, true)), "before Linux 5.9 nobody counts");
	cr_assert(not(filters_are_ours(&one, &none, true)));
}

Test(filters, a_process_without_any_has_no_other)
{
	static const struct procfs_status none = { .filtered = false };

	cr_assert(not(filters_differ(1, &none)));
}
