/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject_sites.h"
#include "runner/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(inject_sites, nothing_to_choose_from)
{
	struct sites s = { 0 };

	cr_expect(eq(sz, sites_choose(&s), SIZE_MAX));
	sites_done(&s);
}

Test(inject_sites, each_once_those_seen_open_first)
{
	struct sites s = { 0 };

	sites_at(&s, SITE_CALL, 1, "write")->seen = 9;
	sites_at(&s, SITE_LOCK, 7, "main+0x10")->seen = 3;
	sites_at(&s, SITE_LOCK, 8, "main+0x20")->held = 1;
	sites_at(&s, SITE_CALL, 1, "write")->seen++;
	cr_assert(eq(sz, s.n, 3));
	cr_expect(eq(sz, sites_choose(&s), 2));
	cr_expect(eq(sz, sites_choose(&s), 1));
	cr_expect(eq(sz, sites_choose(&s), 0));
	sites_done(&s);
}

/* Success is repeated; one choice in 20 still goes elsewhere. */
Test(inject_sites, success_is_repeated)
{
	struct sites s = { 0 };
	unsigned int good = 0;

	for (uint64_t i = 0; i < 10; i++)
		sites_at(&s, SITE_LOCK, i + 1, "main+0x10");
	for (unsigned int i = 0; i < 200; i++) {
		size_t chosen = sites_choose(&s);

		cr_assert(lt(sz, chosen, 10));
		if (chosen == 3) {
			s.all[3].hung++;
			good++;
		}
	}
	cr_expect(good >= 180, "%u", good);
	cr_expect(good <= 195, "%u", good);
	sites_done(&s);
}

Test(inject_sites, remembered)
{
	struct sites s = { 0 }, again = { 0 };
	char *text, *text_again;

	sites_at(&s, SITE_LOCK, 0xabcdef, "libfoo.so.1+0x1234");
	s.all[0].tries = 40;
	s.all[0].hung = 30;
	sites_at(&s, SITE_CALL, 20, "writev")->tries = 2;
	text = sites_format(&s);
	cr_expect(eq(str, text, "lock abcdef 40 30 libfoo.so.1+0x1234\ncall 14 2 0 writev\n"));
	sites_parse(&again, text, strlen(text));
	text_again = sites_format(&again);
	/* Old evidence weighs little. */
	cr_expect(eq(str, text_again, "lock abcdef 4 3 libfoo.so.1+0x1234\ncall 14 2 0 writev\n"));
	free(text);
	free(text_again);
	sites_done(&s);
	sites_done(&again);
}

Test(inject_sites, nonsense_is_left_out)
{
	static const char text[] = "lock 1 2 3 hung-more-than-tried\nlock zz 1 1 a\nfoo 1 2 1 b\n"
				   "lock 1 2\n\nlock 5 0 0 never-tried\nlock 6 2 1 good";
	struct sites s = { 0 };

	sites_parse(&s, text, strlen(text));
	cr_assert(eq(sz, s.n, 1));
	cr_expect(eq(str, s.all[0].name, "good"));
	sites_done(&s);
}
