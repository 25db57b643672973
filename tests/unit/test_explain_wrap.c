/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/explain.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect(const char *text, size_t width, const char *wanted)
{
	cleanup(cleanup_free) char *is = explain_wrap(text, width);

	cr_assert_str_eq(is, wanted);
}

Test(explain_wrap, no_terminal_no_change)
{
	expect("  a long line that stays as it is, however long it may get in the end\n", 0,
		"  a long line that stays as it is, however long it may get in the end\n");
}

Test(explain_wrap, lines_break_between_words_and_hang)
{
	expect("stuck: python3 worker.py waits for a lock that it holds\n\n  short\n", 40,
		"stuck: python3 worker.py waits for a\n    lock that it holds\n\n  short\n");
	expect("  one two three four five six seven eight nine\n", 40,
		"  one two three four five six seven\n      eight nine\n");
}

Test(explain_wrap, word_longer_than_a_line_is_not_cut)
{
	expect("x /a/very/long/path/that/does/not/fit/into/forty/columns y\n", 40,
		"x /a/very/long/path/that/does/not/fit/into/forty/columns\n    y\n");
}

Test(explain_wrap, letters_are_counted_not_bytes)
{
	expect("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4 bbbbbbbbbbbbbbbbbbbb "
	       "cccccccc\n",
		40,
		"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4 bbbbbbbbbbbbbbbbbbbb "
		"cccccccc\n");
}
