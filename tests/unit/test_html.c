/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/html.h"
#include "runner/base/util.h"
#include "tests/demo/campaign.h"

#include <criterion/criterion.h>
#include <inttypes.h>

static char *render(const struct report_input *in)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	cr_assert_eq(report_html(in, f), 0);
	fclose(f);
	return text;
}

static char *render_campaign(struct record_campaign *c)
{
	struct report_input in = { .campaign = c };

	return render(&in);
}

static void expect_text(const char *page, const char *needle)
{
	cr_expect(strstr(page, needle), "'%s' is not in the page", needle);
}

static void expect_none(const char *page, const char *needle)
{
	const char *at = strstr(page, needle);

	cr_expect(!at, "'%s' is in the page: %.60s", needle, at);
}

static struct record_campaign one_cell(const char *target, uint64_t hangs, uint64_t passes)
{
	struct record_campaign c = { .shard = 1, .shards = 1 };
	struct record_cell *cell = record_campaign_add_cell(&c);

	cell->target = mem_strdup(target);
	cell->variant = mem_strdup("");
	cell->libc = mem_strdup("?");
	cell->inject = mem_strdup("");
	cell->count[VERDICT_DEADLOCK] = hangs;
	cell->count[VERDICT_PASS] = passes;
	return c;
}

Test(html, opens_under_the_strictest_policy)
{
	static const char *const forbidden[] = { "<script", "http://", "https://", "url(",
		"@import", " src=", " style=", " onload", " onclick", "<iframe", "<link" };
	struct record_campaign c;
	char *page;

	demo_campaign(&c, 1, 1);
	page = render_campaign(&c);
	expect_text(page, "default-src 'none'");
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		expect_none(page, forbidden[i]);
	free(page);
	record_campaign_done(&c);
}

Test(html, names_are_only_text)
{
	struct record_campaign c = one_cell("<script>alert('1')</script> \x1b[31m \xff\"&", 3, 97);
	char *page = render_campaign(&c);

	expect_none(page, "<script");
	expect_none(page, "\x1b");
	expect_none(page, "\xff");
	expect_text(page, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
	free(page);
	record_campaign_done(&c);
}

Test(html, says_rate_interval_and_count)
{
	struct record_campaign c = one_cell("./server", 7, 93);
	struct stats_interval ci = stats_clopper_pearson(7, 100, 0.95);
	cleanup(cleanup_free) char *page = render_campaign(&c);
	cleanup(cleanup_free) char *low = mem_printf("<data value=\"%.10g\">", ci.low);
	cleanup(cleanup_free) char *high = mem_printf("<data value=\"%.10g\">", ci.high);

	expect_text(page, "<data value=\"0.07\">");
	expect_text(page, low);
	expect_text(page, high);
	expect_text(page, "<h1><em>1 of 1 hang; 1 of 1 not as expected</em></h1>");
	record_campaign_done(&c);
}

Test(html, early_stopping_states_the_sequence)
{
	struct record_campaign c = one_cell("./server", 7, 93);
	cleanup(cleanup_free) char *page = NULL, *low = NULL;

	c.sequential = true;
	low = mem_printf("<data value=\"%.10g\">", stats_confidence_sequence(7, 100, 0.95).low);
	page = render_campaign(&c);
	expect_text(page, low);
	expect_text(page, "confidence sequence");
	expect_none(page, "Clopper-Pearson");
	record_campaign_done(&c);
}

Test(html, no_hang_is_a_bound_not_a_zero)
{
	struct record_campaign c = one_cell("./server", 0, 300);
	cleanup(cleanup_free) char *page = render_campaign(&c);
	cleanup(cleanup_free) char *bound =
		mem_printf("<data value=\"%.10g\">&lt; ", stats_zero_bound(300, 0.95));

	expect_text(page, "0 of 1 hang; all as expected");
	expect_text(page, bound);
	record_campaign_done(&c);
}

Test(html, broken_campaign_says_so_first)
{
	struct record_campaign c = one_cell("./server", 0, 300);
	char *page, *alarm, *head;

	c.broken = mem_strdup("canary judged pass");
	page = render_campaign(&c);
	alarm = strstr(page, "nothing below may be believed");
	head = strstr(page, "<h1>");
	cr_assert(alarm && head);
	cr_expect(alarm < head);
	free(page);
	record_campaign_done(&c);
}

Test(html, nothing_recorded_is_still_a_page)
{
	struct record_campaign c = { .shard = 1, .shards = 1 };
	cleanup(cleanup_free) char *page = render_campaign(&c);

	expect_text(page, "</html>");
	expect_none(page, "nan");
}

Test(html, odd_cause_detail_is_tolerated)
{
	static const char *const details[] = { NULL, "", "{", "[]", "{\"threads\":7}",
		"{\"threads\":[{}]}", "{\"threads\":[null,3,{\"tid\":\"x\",\"stack\":[1,{}]}]}",
		"{\"threads\":[{\"tid\":1,\"object\":\"a\",\"owner\":{\"tid\":9}}]}" };

	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		struct record_campaign c = one_cell("x", 1, 1);
		struct record_cause *cause = record_cell_add_cause(&c.cells[0], "key");
		char *page;

		cause->class = mem_strdup("mixed");
		cause->detail = mem_strdup(details[i]);
		cause->count = 1;
		page = render_campaign(&c);
		expect_text(page, "Why it hangs");
		free(page);
		record_campaign_done(&c);
	}
}

Test(html, largest_page_stays_small)
{
	struct record_campaign c;
	char *page;

	demo_large(&c, 500, 20000);
	page = render_campaign(&c);
	cr_expect_leq(strlen(page), 2 << 20, "%zu bytes", strlen(page));
	free(page);
	record_campaign_done(&c);
}

static size_t count_text(const char *page, const char *needle)
{
	size_t n = 0;

	for (const char *p = page; (p = strstr(p, needle)); p += strlen(needle))
		n++;
	return n;
}

/* A sweep has a bare cell too, which has no dose: one figure for each variant and libc all the
 * same. */
Test(html, one_dose_figure_a_sweep)
{
	struct record_campaign c = one_cell("sweep", 0, 100);
	char *page;

	for (size_t i = 0; i < 3; i++) {
		struct record_cell *cell = record_campaign_add_cell(&c);

		cell->target = mem_strdup("sweep");
		cell->variant = mem_strdup("");
		cell->libc = mem_strdup("?");
		cell->inject = mem_printf("knob=%zums", i * i);
		cell->dose = (double)(i * i) * 1e6;
		cell->count[VERDICT_DEADLOCK] = 40 * i;
		cell->count[VERDICT_PASS] = 100 - 40 * i;
	}
	page = render_campaign(&c);
	cr_expect_eq(count_text(page, "<figure>"), 1);
	expect_text(page, "ED50");
	free(page);
	record_campaign_done(&c);
}

static char *sweep(const char *knob, const double *levels, size_t n)
{
	struct record_campaign c = { .shard = 1, .shards = 1 };
	char *page;

	for (size_t i = 0; i < n; i++) {
		struct record_cell *cell = record_campaign_add_cell(&c);

		cell->target = mem_strdup("sweep");
		cell->variant = mem_strdup("");
		cell->libc = mem_strdup("?");
		cell->inject = mem_printf("%s=%.0f", knob, levels[i]);
		cell->dose = levels[i];
		cell->count[VERDICT_DEADLOCK] = 50 * (i + 1);
		cell->count[VERDICT_PASS] = 100;
	}
	page = render_campaign(&c);
	record_campaign_done(&c);
	return page;
}

Test(html, a_dose_of_bytes_and_one_that_is_a_number)
{
	cleanup(cleanup_free) char *number = sweep("arenas", (double[]){ 1, 4 }, 2);
	cleanup(cleanup_free) char *bytes = sweep("heap", (double[]){ 1, 4096 }, 2);

	expect_text(number, ">4</text>");
	expect_text(bytes, "KiB</text>");
}

Test(html, canary_is_no_finding)
{
	struct record_campaign c = one_cell("canary", 5, 0);
	char *page;

	c.cells[0].canary = true;
	c.cells[0].expect = EXPECT_DEADLOCKS;
	page = render_campaign(&c);
	expect_text(page, "0 of 0 hang");
	expect_none(page, "id=\"c0\"");
	expect_text(page, "5 of 5 judged as they must be");
	free(page);
	/* Misjudged: it is shown. */
	c.cells[0].expect = EXPECT_COMPLETES;
	page = render_campaign(&c);
	expect_text(page, "id=\"c0\"");
	expect_text(page, "0 of 5 judged as they must be");
	free(page);
	record_campaign_done(&c);
}

Test(html, names_what_should_hang_and_does_not)
{
	struct record_campaign c = one_cell("safe-now", 0, 50);
	char *page, *head;

	c.cells[0].expect = EXPECT_DEADLOCKS;
	page = render_campaign(&c);
	head = strstr(page, "<h1>");
	cr_assert(head);
	expect_text(head, "0 of 1 hang; 1 of 1 not as expected");
	expect_text(head, "safe-now</b> (?) was expected: deadlocks");
	free(page);
	record_campaign_done(&c);
}

static void add_cell(struct record_campaign *c, const char *target, const char *variant,
	const char *libc, enum expect expect, uint64_t hangs)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup(target);
	cell->variant = mem_strdup(variant);
	cell->libc = mem_strdup(libc);
	cell->inject = mem_strdup("");
	cell->expect = expect;
	cell->count[VERDICT_DEADLOCK] = hangs;
	cell->count[VERDICT_PASS] = 10;
}

/* Each variant once, however many libcs it hangs on, under its target; what should not first. */
Test(html, names_all_that_hangs_in_front)
{
	struct record_campaign c = one_cell("./<server>", 1, 9);
	cleanup(cleanup_free) char *page = NULL;

	add_cell(&c, "lock", "raw", "glibc", EXPECT_DEADLOCKS, 3);
	add_cell(&c, "pipe", "full", "glibc", EXPECT_DEADLOCKS, 3);
	add_cell(&c, "lock", "raw", "musl", EXPECT_DEADLOCKS, 3);
	add_cell(&c, "lock", "fork", "glibc", EXPECT_MAY, 1);
	add_cell(&c, "lock", "never", "glibc", EXPECT_COMPLETES, 0);
	page = render_campaign(&c);
	expect_text(page,
		"Hang, and should not:</p><ul class=\"names\"><li> <a href=\"#c0\">"
		"./&lt;server&gt;</a></li></ul>\n"
		"<p class=\"names r2\">Hang, as expected or not judged:</p><ul class=\"names\">"
		"<li>lock <a href=\"#c1\">raw</a> <a href=\"#c4\">fork</a></li> "
		"<li>pipe <a href=\"#c2\">full</a></li></ul>");
	record_campaign_done(&c);
}

Test(html, one_cell_needs_no_names)
{
	struct record_campaign c = one_cell("./server", 1, 9);
	cleanup(cleanup_free) char *page = render_campaign(&c);

	expect_none(page, "<ul class=\"names\">");
	record_campaign_done(&c);
}

/* What hangs alike stands by name, so that the libcs of a variant are neighbours; the rest folds.
 */
Test(html, many_that_hang_as_expected_are_folded)
{
	struct record_campaign c = one_cell("./server", 0, 9);
	cleanup(cleanup_free) char *page = NULL;
	char *b, *a, *fold;

	for (int i = 0; i < 30; i++) {
		char name[] = { i % 2 ? 'b' : 'a', (char)('a' + i / 2), 0 };

		add_cell(&c, name, "v", "glibc", EXPECT_DEADLOCKS, 3);
	}
	page = render_campaign(&c);
	a = strstr(page, "<tr role=\"row\" id=\"c29\" "); /* ao */
	b = strstr(page, "<tr role=\"row\" id=\"c2\" ");  /* ba */
	fold = strstr(page, "14 more, none of which hangs more often");
	cr_assert(a && b && fold);
	cr_expect(a < b && b < fold);
	cr_expect_gt(strstr(page, "<tr role=\"row\" id=\"c30\" "), fold);
	record_campaign_done(&c);
}

Test(html, names_that_do_not_fit_are_one_link_away)
{
	struct record_campaign c = one_cell("./server", 1, 9);
	cleanup(cleanup_free) char *page = NULL;

	for (int i = 0; i < 70; i++) {
		cleanup(cleanup_free) char *name = mem_printf("s%d", i);

		add_cell(&c, name, "v", "glibc", EXPECT_MAY, 3);
	}
	page = render_campaign(&c);
	expect_text(page, "<li><a href=\"#rates\">and 10 more</a></li>");
	record_campaign_done(&c);
}

static void add_cause(struct record_cell *cell, const char *key, const char *object)
{
	struct record_cause *cause = record_cell_add_cause(cell, key);

	cause->class = mem_strdup("pipe");
	cause->summary = mem_strdup(key);
	cause->count = 1;
	cause->detail = mem_printf("{\"threads\":[{\"pid\":7,\"tid\":7,\"comm\":\"p\","
				   "\"waits_on\":\"write\",\"object\":\"%s\"}]}",
		object);
}

/* Three causes and four cells of each are in sight; the others are in the page too. */
Test(html, more_causes_and_more_cells_are_linked)
{
	struct record_campaign c = one_cell("./server", 5, 5);
	cleanup(cleanup_free) char *page = NULL;

	for (int i = 0; i < 5; i++)
		add_cell(&c, "pipe", "full", "glibc", EXPECT_MAY, 3);
	for (size_t i = 0; i < c.n_cells; i++)
		add_cause(&c.cells[i], "everywhere", "pipe:[1]");
	for (int i = 0; i < 4; i++) {
		cleanup(cleanup_free) char *key = mem_printf("rare %d", i);

		add_cause(&c.cells[0], key, "pipe:[1]");
	}
	page = render_campaign(&c);
	expect_text(page, "<li><a href=\"#w3\">and 2 more causes</a></li></ul>");
	expect_text(page, "<summary>and 2 more cells</summary><a href=\"#c4\">");
	expect_text(page, "; <a href=\"#c5\">");
	record_campaign_done(&c);
}

Test(html, a_cut_name_of_the_graph_is_whole_in_its_title)
{
	struct record_campaign c = one_cell("./server", 2, 8);
	cleanup(cleanup_free) char *page = NULL;

	add_cause(&c.cells[0], "long", "a_lock_whose_name_has_far_more_letters_than_its_box_holds");
	page = render_campaign(&c);
	expect_text(page, "<title>a_lock_whose_name_has_far_more_letters_than_its_box_holds</title>"
			  "a_lock_whose_name_has");
	expect_none(page, "<title>write</title>");
	record_campaign_done(&c);
}

Test(html, trend_over_the_nights)
{
	struct record_campaign now = one_cell("program", 30, 70);
	struct record_campaign history[] = { one_cell("program", 2, 98),
		one_cell("program", 0, 100), one_cell("another", 50, 50) };
	struct report_input in = { .campaign = &now, .history = history, .n_history = 3 };
	char *page = render(&in), *section;
	size_t circles = 0;

	section = strstr(page, "id=\"trend\"");
	cr_assert(section);
	for (const char *p = section; (p = strstr(p, "<circle")); p++)
		circles++;
	cr_expect_eq(circles, 3, "a night without the cell is no point, and draws none");
	expect_text(section, "before: 1");
	expect_text(section, "<b>+29.00</b> points");
	expect_text(section, "rise: p");
	free(page);
	now.cells[0].count[VERDICT_DEADLOCK] = 0;
	page = render(&in);
	section = strstr(page, "id=\"trend\"");
	cr_assert(section);
	expect_text(section, "<b>-1.00</b> points");
	free(page);
	record_campaign_done(&now);
	for (size_t i = 0; i < ARRAY_SIZE(history); i++)
		record_campaign_done(&history[i]);
}
