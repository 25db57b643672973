/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/matrix.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

static struct record_cell *add(struct record_campaign *c, const char *variant, const char *libc,
	uint64_t passes, uint64_t hangs)
{
	struct record_cell *cell = record_campaign_add_cell(c);

	cell->target = mem_strdup("lock");
	cell->variant = mem_strdup(variant);
	cell->libc = mem_strdup(libc);
	cell->inject = mem_strdup("");
	cell->count[VERDICT_PASS] = passes;
	cell->count[VERDICT_DEADLOCK] = hangs;
	return cell;
}

static void add_cause(struct record_cell *cell, const char *object, uint64_t count)
{
	struct record_cause *cause = record_cell_add_cause(cell, object);

	cause->class = mem_strdup("orphaned-lock");
	cause->count = count;
	cause->detail = mem_printf(
		"{\"threads\":[{\"stuck\":true,\"waits_on\":\"child\",\"object\":\"child pid 7\"},"
		"{\"stuck\":true,\"waits_on\":\"futex\",\"object\":\"%s\","
		"\"class\":\"orphaned-lock\"},"
		"{\"stuck\":true,\"waits_on\":\"signal\",\"object\":\"a signal\","
		"\"class\":\"signal-wait\"},"
		"{\"stuck\":false,\"waits_on\":\"timer\",\"object\":\"none\"}]}",
		object);
}

static char *render(const char *format, const struct record_campaign *c)
{
	struct report_input in = { .campaign = c };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(matrix_find(format)->render(&in, out), 0);
	fclose(out);
	return text;
}

Test(matrix, versions_are_numbers)
{
	cr_assert_lt(matrix_order("glibc 2.9", "glibc 2.36"), 0);
	cr_assert_gt(matrix_order("musl 1.2.6", "glibc 2.36"), 0);
	cr_assert_lt(matrix_order("musl 1.2", "musl 1.2.3"), 0);
	cr_assert_gt(matrix_order("musl 1.2.3", "musl 1.2"), 0);
	cr_assert_eq(matrix_order("musl 1.2.3", "musl 1.2.3"), 0);
}

Test(matrix, rows_columns_and_what_is_left_out)
{
	struct record_campaign c = { 0 };
	struct matrix m;

	add(&c, "fork", "musl 1.2.3", 10, 0);
	add(&c, "fork", "glibc 2.36", 5, 5);
	add(&c, "fork", "glibc 2.9", 5, 5);
	add(&c, "raw", "glibc 2.36", 0, 1);
	add(&c, "", "?", 1, 0);
	add(&c, "fork", "?", 1, 0)->canary = true;
	add(&c, "raw", "musl 1.2.3", 0, 0);
	matrix_init(&c, &m);
	cr_assert_eq(m.n_rows, 2);
	cr_assert_eq(m.n_columns, 3);
	cr_assert_str_eq(c.cells[m.column[0]].libc, "glibc 2.9");
	cr_assert_str_eq(c.cells[m.column[2]].libc, "musl 1.2.3");
	cr_assert_eq(matrix_cell(&m, 0, 1), &c.cells[1]);
	cr_assert_null(matrix_cell(&m, 1, 2), "no trial: not run");
	matrix_done(&m);
	record_campaign_done(&c);
}

Test(matrix, differences_are_those_beyond_chance)
{
	struct record_campaign c = { 0 };
	struct matrix_difference *found;
	struct matrix m;
	char *words;
	size_t n;

	add(&c, "fork", "glibc 2.41", 100, 0);
	add_cause(add(&c, "fork", "musl 1.2.3", 60, 40), "FILE lock f", 40);
	add(&c, "fork", "musl 1.2.5", 99, 1); /* may be chance */
	add(&c, "raw", "glibc 2.41", 60, 40);
	add(&c, "raw", "musl 1.2.3", 55, 45);
	matrix_init(&c, &m);
	found = matrix_compare(&m, &n);
	cr_assert_eq(n, 1);
	cr_assert_eq(found[0].row, 0);
	cr_assert_eq(found[0].n_more, 1);
	cr_assert_eq(found[0].more[0], 1);
	cr_assert_eq(found[0].n_less, 1);
	cr_assert_lt(found[0].p, 1e-6);
	/* Holm's factor is in it */
	cr_assert_gt(found[0].p, 1.5 * stats_fisher_greater((struct stats_count){ 40, 100 },
					       (struct stats_count){ 0, 100 }));
	words = matrix_difference_words(&m, &found[0]);
	cr_assert(strstr(words, "lock/fork: musl 1.2.3 hangs, glibc 2.41 does not (p = "), "%s",
		words);
	cr_assert(strstr(words, "cause orphaned-lock: FILE lock f"), "%s", words);
	free(words);
	matrix_difference_done(found);
	free(found);
	matrix_done(&m);
	record_campaign_done(&c);
}

Test(matrix, the_cause_is_the_most_frequent_ones_lock_without_an_address)
{
	struct record_campaign c = { 0 };
	struct record_cell *cell = add(&c, "fork", "glibc 2.36", 0, 9);
	char *cause;

	cr_assert_null(matrix_cause(cell));
	add_cause(cell, "mutex rare", 2);
	add_cause(cell, "OpenMP wait heap 0x7f00", 7);
	cause = matrix_cause(cell);
	cr_assert_str_eq(cause, "orphaned-lock: OpenMP wait heap");
	free(cause);
	add_cause(cell, "libc lock heap 0x55d0 (taken in regexec)", 8);
	cause = matrix_cause(cell);
	cr_assert_str_eq(cause, "orphaned-lock: libc lock heap (taken in regexec)");
	free(cause);
	add_cause(cell, "futex stack of thread 4711", 9);
	cause = matrix_cause(cell);
	cr_assert_str_eq(cause, "orphaned-lock: futex stack");
	free(cause);
	record_campaign_done(&c);
}

Test(matrix, each_format_marks_few_trials_and_wrong_results)
{
	struct record_campaign c = { .kernel = mem_strdup("6"), .seed = 77 };
	struct record_cell *cell = add(&c, "fork", "glibc 2.36", 10, 10);
	char *text;

	cell->count[VERDICT_FAIL] = 5;
	add(&c, "fork", "musl 1.2.3", 300, 0);
	text = render("text", &c);
	cr_assert(strstr(text, "40? f20"), "%s", text);
	cr_assert(strstr(text, "<0.99"), "%s", text);
	cr_assert(strstr(text, "seed 77"), "%s", text);
	free(text);
	text = render("md", &c);
	cr_assert(strstr(text, "n = 25 (few)<br>5 wrong"), "%s", text);
	free(text);
	text = render("csv", &c);
	cr_assert(strstr(text, "\"lock\",\"fork\",\"\",\"glibc 2.36\",25,10,10,0,0,5,0,0,0,0.4"),
		"%s", text);
	free(text);
	cr_assert_null(matrix_find("junit"));
	record_campaign_done(&c);
}

Test(matrix, page_shows_rate_interval_n_and_cause)
{
	struct record_campaign c = { 0 };
	char *page;

	add_cause(add(&c, "fork", "musl 1.2.3", 60, 40), "futex stack of thread 1773", 40);
	add(&c, "fork", "glibc 2.41", 20, 0)->count[VERDICT_FAIL] = 9;
	page = render("html", &c);
	cr_expect(strstr(page, "<h3 class=\"way\">fork</h3>"));
	cr_expect(strstr(page, "<td class=\"h6\"><b>40.0"), "n = 100 is not few");
	cr_expect(strstr(page, "30.3"), "the lower end of the interval of 40 of 100");
	cr_expect(strstr(page, "n 100<"));
	cr_expect(strstr(page, ">orphaned-lock: futex stack<"), "without the thread's number");
	cr_expect(strstr(page, "<td class=\"h0 few\"><b>&lt; "), "n = 29 is few");
	cr_expect(strstr(page, "9 wrong"));
	cr_expect_null(strstr(page, "id=\"rates\""), "the matrix is the page's subject");
	free(page);
	record_campaign_done(&c);
}
