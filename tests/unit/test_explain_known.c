/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/known.h"

#include "runner/explain/module.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

static struct symbols_place place(const char *function)
{
	return (struct symbols_place){ .function = mem_strdup(function),
		.module = mem_strdup("a") };
}

Test(explain_known, gives_copies_of_what_was_added)
{
	struct known *k = known_new();
	struct symbols_place added[] = { place("inner"), place("outer") }, got[4];

	cr_assert_eq(known_places(k, 7, true, got, 4), 0);
	known_add_places(k, 7, true, added, 2);
	cr_assert_eq(known_places(k, 7, false, got, 4), 0, "a return address is another place");
	cr_assert_eq(known_places(k, 7, true, got, 4), 2);
	cr_assert_str_eq(got[0].function, "inner");
	cr_assert_str_eq(got[1].function, "outer");
	symbols_place_done(&got[0]);
	symbols_place_done(&got[1]);
	cr_assert_eq(known_places(k, 7, true, got, 1), 1, "the outermost always ends the list");
	cr_assert_str_eq(got[0].function, "outer");
	symbols_place_done(&got[0]);
	known_free(k);
}

Test(explain_known, another_counter_takes_the_place)
{
	struct known *k = known_new();
	struct symbols_place one = place("one"), two = place("two"), got[1];
	uint64_t start;

	known_add_places(k, 7, true, &one, 1);
	known_add_places(k, 7 + 256, true, &two, 1);
	cr_assert_eq(known_places(k, 7, true, got, 1), 0);
	cr_assert_eq(known_places(k, 7 + 256, true, got, 1), 1);
	cr_assert_str_eq(got[0].function, "two");
	symbols_place_done(&got[0]);

	cr_assert_not(known_start(k, 0, &start));
	known_add_start(k, 8, 0);
	cr_assert(known_start(k, 8, &start), "that there is none is known, too");
	cr_assert_eq(start, 0);
	cr_assert_not(known_start(k, 8 + 256, &start));
	known_free(k);
}

Test(explain_known, libraries_that_nobody_changes)
{
	cr_assert(module_is_libc("/usr/lib/x86_64-linux-gnu/libc.so.6"));
	cr_assert(module_is_libc("/lib64/ld-linux-x86-64.so.2"));
	cr_assert_not(module_is_libc("/home/a/libc.so.6"), "the user's own build of one");
	cr_assert_not(module_is_libc("/usr/lib/libcurl.so.4"));
	cr_assert(module_is_system("/usr/bin/cat"));
	cr_assert_not(module_is_system("/usr/local/bin/server"));
}
