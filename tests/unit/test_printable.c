/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing that a target calls itself reaches a terminal as anything but letters. */
#include "runner/base/printable.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect(const char *text, const char *wanted)
{
	cleanup(cleanup_free) char *is = printable_copy(text, strlen(text));
	cleanup(cleanup_free) char *in_place = mem_strdup(text);

	printable_clean(in_place);
	cr_assert_str_eq(is, wanted);
	cr_assert_str_eq(in_place, wanted);
}

Test(printable, letters_of_all_languages_stay)
{
	expect("python3 worker.py", "python3 worker.py");
	expect("Gr\u00fc\u00dfe \u65e5\u672c\u8a9e \U0001F600",
		"Gr\u00fc\u00dfe \u65e5\u672c\u8a9e \U0001F600");
	expect("", "");
}

Test(printable, terminal_obeys_nothing)
{
	expect("\033[2J\033]0;title\a", "?[2J?]0;title?");
	expect("a\nb\rc\td", "a?b?c?d");
	expect("\xc2\x9b"
	       "31m",
		"?31m");
	expect("\x7f", "?");
}

Test(printable, reading_direction_is_not_turned_round)
{
	expect("abc\u202etxt.exe", "abc?txt.exe");
	expect("\u2066x\u2069 \u200f \u061c", "?x? ? ?");
	expect("\u2028\u200b\ufeff", "???");
}

Test(printable, bytes_that_are_no_text)
{
	expect("\xff\xfe", "??");
	expect("\xc0\x80\xe0\x80\x80", "?????"); /* overlong */
	expect("\xed\xa0\x80", "?");             /* a surrogate */
	expect("\xf4\x90\x80\x80", "?");         /* beyond Unicode */
	expect("\xe2\x82", "??");                /* cut off */
	expect("\xef\xbf\xbe", "?");             /* not legal in XML */
}

Test(printable, nul_inside)
{
	cleanup(cleanup_free) char *is = printable_copy("a\0b", 3);

	cr_assert_str_eq(is, "a?b");
}
