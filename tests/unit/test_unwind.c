/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/symbols.h"
#include "runner/explain/unwind.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

TestSuite(unwind);

Test(unwind, calls_are_told_from_other_bytes)
{
	static const struct {
		unsigned char bytes[8];
		size_t n;
		bool call, direct;
	} cases[] = {
		{ { 0x90, 0x90, 0xe8, 4, 0, 0, 0 }, 7, true, true },
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0 }, 7, true, false },  /* *%rax */
		{ { 0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd4 }, 7, true, false },  /* *%r12 */
		{ { 0x90, 0xff, 0x15, 1, 2, 3, 4 }, 7, true, false },              /* *x(%rip) */
		{ { 0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x18 }, 7, true, false },  /* *24(%rax) */
		{ { 0xff, 0x94, 0x24, 1, 2, 3, 4 }, 7, true, false },              /* *x(%rsp) */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0 }, 7, false, false }, /* jmp */
		{ { 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90 }, 7, false, false },
		{ { 0xe8, 0, 0, 0 }, 4, false, false },
		{ { 0 }, 0, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int32_t distance = 0;
		bool direct;

		cr_expect_eq(unwind_is_call(cases[i].bytes, cases[i].n, &direct, &distance),
			cases[i].call, "case %zu", i);
		cr_expect_eq(direct, cases[i].direct, "case %zu", i);
		if (cases[i].direct)
			cr_expect_eq(distance, 4);
	}
}

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
	cr_assert_str_eq(name, "known_variable+4");
	cr_assert(symbol);
	free(name);
	symbols_place(s, (uintptr_t)unwind_is_call, false, &place);
	cr_assert_str_eq(place.function, "unwind_is_call");
	cr_assert_not_null(strstr(place.file, "unwind.c"));
	symbols_place_done(&place);
	cr_assert_lt(symbols_read(s, 8, &symbol, 1), 0);
	symbols_free(s);
	cr_assert_lt(symbols_open(-1, &s), 0);
}
