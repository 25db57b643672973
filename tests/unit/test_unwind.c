/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/symbols.h"
#include "runner/explain/unwind.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

TestSuite(unwind);

Test(unwind, maps_are_taken_line_by_line)
{
	static const char text[] =
		"55e0-55f0 r-xp 00001000 fe:01 1234                       /usr/bin/a b\n"
		"nonsense\n"
		"6000-5000 r--p 00000000 00:00 0 \n"
		"7000-8000 rw-p 00000000 00:00 0 \n"
		"8000-9000 rw-p 00000000 00:00 0                          [heap]";
	struct symbols_map *maps;
	size_t n;

	symbols_parse_maps(text, sizeof(text) - 1, &maps, &n);
	cr_assert_eq(n, 3);
	cr_assert_str_eq(maps[0].name, "/usr/bin/a b");
	cr_assert(maps[0].execute);
	cr_assert_eq(maps[0].begin, 0x55e0u);
	cr_assert_str_eq(maps[1].name, "");
	cr_assert_not(maps[1].execute);
	cr_assert_str_eq(maps[2].name, "[heap]");
	symbols_free_maps(maps, n);
}

static int known_variable[4];

/* Our own process is one that can always be read. */
Test(unwind, names_of_our_own)
{
	struct symbols_place place;
	struct symbols *s;
	bool symbol;
	char *name;

	cr_assert_eq(symbols_open(getpid(), &s), 0);
	name = symbols_name_data(s, (uintptr_t)&known_variable[1], &symbol);
	cr_assert_str_eq(name, "known_variable[1]");
	cr_assert(symbol);
	free(name);
	symbols_place(s, (uintptr_t)unwind_frame_text, false, &place);
	cr_assert_str_eq(place.function, "unwind_frame_text");
	cr_assert_not_null(strstr(place.file, "unwind.c"));
	symbols_place_done(&place);
	cr_assert_lt(symbols_read(s, 8, &symbol, 1), 0);
	symbols_free(s);
	cr_assert_lt(symbols_open(-1, &s), 0);
}
