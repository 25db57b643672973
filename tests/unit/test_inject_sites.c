/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/sites.h"
#include "runner/base/util.h"

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

/* n choices of s, each over before the next; site i hangs in `of_ten[i]` of ten tries. */
static unsigned int play(struct sites *s, unsigned int n, const unsigned int of_ten[])
{
	unsigned int hung = 0;

	for (unsigned int i = 0; i < n; i++) {
		size_t chosen = sites_choose(s);
		bool hangs;

		cr_assert(lt(sz, chosen, s->n));
		/* 7 is no divisor of 10: evenly spread. */
		hangs = s->all[chosen].tries * 7 % 10 < of_ten[chosen];
		sites_over(s, chosen, hangs);
		hung += hangs;
	}
	return hung;
}

static void add_locks(struct sites *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		sites_at(s, SITE_LOCK, i + 1, "main+0x10");
}

/* Success is repeated; one choice in 200 still goes elsewhere. */
Test(inject_sites, success_is_repeated)
{
	static const unsigned int of_ten[10] = { [3] = 10 };
	struct sites s = { 0 };
	unsigned int again;

	add_locks(&s, 10);
	play(&s, 40, of_ten);
	cr_expect(ge(u64, s.all[3].hung, 25));
	again = play(&s, 400, of_ten);
	cr_expect(again >= 396, "%u", again);
	cr_expect(again < 400, "%u", again);
	sites_done(&s);
}

/* Where the best one hangs now and then, one choice in 20 goes elsewhere: it may not be the best.
 */
Test(inject_sites, a_poor_one_is_doubted)
{
	static const unsigned int of_ten[10] = { [3] = 1 };
	struct sites s = { 0 };
	uint64_t tries;

	add_locks(&s, 10);
	play(&s, 400, of_ten);
	tries = s.all[3].tries;
	play(&s, 400, of_ten);
	tries = s.all[3].tries - tries;
	cr_expect(tries >= 300, "%u", (unsigned int)tries);
	cr_expect(tries <= 385, "%u", (unsigned int)tries);
	sites_done(&s);
}

/* The target was rebuilt, or does something else today. */
Test(inject_sites, one_that_stops_working_is_left)
{
	static const unsigned int once[10] = { [3] = 10 }, now[10] = { [7] = 10 };
	struct sites s = { 0 };
	unsigned int found;

	add_locks(&s, 10);
	play(&s, 1000, once);
	play(&s, 100, now);
	found = play(&s, 100, now);
	cr_expect(found >= 90, "%u", found);
	sites_done(&s);
}

/* A trial that hangs lasts the longest: those begun meanwhile must not take it for a failure, and
 * rather repeat it than try all others. */
/* Failures themselves bring doubt: some five of one that always hung, and another has its turn. */
Test(inject_sites, failures_of_a_good_one_bring_another_its_turn)
{
	struct sites s = { 0 };
	size_t chosen = 0, failures = 0;

	add_locks(&s, 2);
	for (int i = 0; i < 40; i++) {
		chosen = sites_choose(&s);
		sites_over(&s, chosen, chosen == 0);
	}
	s.doubt = 0;
	while ((chosen = sites_choose(&s)) == 0 && failures < 100) {
		sites_over(&s, chosen, false);
		failures++;
	}
	cr_expect(lt(sz, failures, 10));
	sites_done(&s);
}

Test(inject_sites, one_that_is_not_over_may_be_hanging)
{
	struct sites s = { 0 };

	add_locks(&s, 10);
	cr_assert(eq(sz, sites_choose(&s), 0));
	cr_assert(eq(sz, sites_choose(&s), 1));
	sites_over(&s, 1, false);
	cr_expect(eq(sz, sites_choose(&s), 0));
	cr_expect(eq(sz, sites_choose(&s), 0));
	/* It was only slow. */
	sites_over(&s, 0, false);
	cr_expect(eq(sz, sites_choose(&s), 2));
	sites_over(&s, 0, true);
	cr_expect(eq(u64, s.all[0].pending, 1));
	cr_expect(eq(u64, s.all[0].hung, 1));
	cr_expect(eq(sz, sites_choose(&s), 0));
	sites_done(&s);
}

/* All have been tried. */
Test(inject_sites, one_that_is_not_over_has_not_failed)
{
	struct sites s = { 0 };

	add_locks(&s, 2);
	cr_assert(eq(sz, sites_choose(&s), 0));
	cr_assert(eq(sz, sites_choose(&s), 1));
	sites_over(&s, 0, false);
	cr_expect(eq(sz, sites_choose(&s), 1));
	cr_expect(eq(sz, sites_choose(&s), 1));
	sites_done(&s);
}

/* Many at once: they are spread over all. */
Test(inject_sites, trials_at_once_are_spread)
{
	struct sites s = { 0 };

	add_locks(&s, 4);
	for (unsigned int i = 0; i < 12; i++)
		sites_choose(&s);
	for (size_t i = 0; i < 4; i++)
		cr_expect(eq(u64, s.all[i].tries, 3));
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

/* They cost another look, and few programs need them. */
Test(inject_sites, text_come_last)
{
	struct sites s = { 0 };

	sites_at(&s, SITE_WORD, 1, "libc.so.6+0x10")->seen = 100;
	sites_at(&s, SITE_AHEAD, 2, "main+0x10")->seen = 1;
	sites_at(&s, SITE_CALL, 3, "write")->seen = 1;
	cr_expect(sites_has(&s, SITE_WORD));
	cr_expect(not(sites_has(&s, SITE_LOCK)));
	cr_expect(eq(sz, sites_choose(&s), 2));
	cr_expect(eq(sz, sites_choose(&s), 1));
	cr_expect(eq(sz, sites_choose(&s), 0));
	sites_done(&s);
}

Test(inject_sites, a_word_is_remembered)
{
	static const char text[] = "word abc 4 3 libc.so.6+0x1dc680\n";
	struct sites s = { 0 };
	char *again;

	sites_parse(&s, text, strlen(text));
	cr_assert(eq(sz, s.n, 1));
	cr_expect(eq(int, s.all[0].kind, SITE_WORD));
	again = sites_format(&s);
	cr_expect(eq(str, again, (char *)text));
	free(again);
	sites_done(&s);
}

/* Where all have failed, others are looked for; not while one is untried, or may be hanging. */
Test(inject_sites, exhausted_when_all_have_failed)
{
	struct sites s = { 0 };

	cr_expect(sites_are_exhausted(&s));
	add_locks(&s, 2);
	cr_expect(not(sites_are_exhausted(&s)));
	cr_assert(eq(sz, sites_choose(&s), 0));
	cr_assert(eq(sz, sites_choose(&s), 1));
	sites_over(&s, 1, false);
	cr_expect(not(sites_are_exhausted(&s)), "the first may be hanging");
	sites_over(&s, 0, false);
	cr_expect(sites_are_exhausted(&s));
	sites_done(&s);
}

/* The race is met by luck, too: then its site fails when it is tried again. */
Test(inject_sites, one_lucky_hang_does_not_end_the_search)
{
	static const unsigned int never[10] = { 0 };
	struct sites s = { 0 };

	add_locks(&s, 2);
	sites_over(&s, sites_choose(&s), true);
	sites_over(&s, sites_choose(&s), false);
	cr_expect(not(sites_are_exhausted(&s)));
	play(&s, 4, never);
	cr_expect(sites_are_exhausted(&s));
	sites_at(&s, SITE_WORD, 9, "libc.so.6+0x10");
	cr_expect(eq(sz, sites_choose(&s), 2));
	sites_done(&s);
}

Test(inject_sites, what_cannot_be_watched_is_not_tried)
{
	struct sites s = { 0 };

	add_locks(&s, 2);
	sites_at(&s, SITE_WORD, 9, "libc.so.6+0x10");
	s.all[2].tries = s.all[2].hung = 4;
	s.all[2].promise = 0.9;
	sites_leave_out(&s, SITE_WORD);
	for (int i = 0; i < 50; i++) {
		size_t chosen = sites_choose(&s);

		cr_assert(lt(sz, chosen, 2));
		sites_over(&s, chosen, false);
	}
	sites_leave_out(&s, SITE_LOCK);
	cr_expect(eq(sz, sites_choose(&s), SIZE_MAX));
	sites_done(&s);
	/* Nor for the first time. */
	sites_at(&s, SITE_WORD, 9, "libc.so.6+0x10");
	sites_leave_out(&s, SITE_WORD);
	cr_expect(eq(sz, sites_choose(&s), SIZE_MAX));
	sites_done(&s);
}

/* n choices, in which candidate 0 searches and the others fail. How often it was 0. */
static unsigned int play_searching(struct sites *s, unsigned int n)
{
	unsigned int first = 0;

	for (unsigned int i = 0; i < n; i++) {
		size_t chosen = sites_choose(s);

		first += chosen == 0;
		if (chosen == 0)
			sites_over_searching(s, chosen);
		else
			sites_over(s, chosen, false);
	}
	return first;
}

/* A search is no failure: it gets about two turns of three, but not for ever. */
Test(inject_sites, a_search_is_kept_on)
{
	struct sites s = { 0 };
	unsigned int first;

	add_locks(&s, 7);
	play_searching(&s, 7);
	first = play_searching(&s, 30);
	cr_expect(first >= 17 && first <= 24, "%u", first);
	play_searching(&s, 40);
	first = play_searching(&s, 70);
	cr_expect(first <= 20, "%u", first);
	sites_done(&s);
}

Test(inject_sites, a_search_that_succeeds_is_repeated)
{
	static const unsigned int of_ten[10] = { 10 };
	struct sites s = { 0 };
	unsigned int hung;

	add_locks(&s, 7);
	play_searching(&s, 30);
	hung = play(&s, 50, of_ten);
	cr_expect(hung >= 43, "%u", hung);
	sites_done(&s);
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
