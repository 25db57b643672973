/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The runner's small pure modules: capture, deadline, environ. */
#include "runner/trial/capture.h"
#include "runner/campaign/deadline.h"
#include "runner/base/environ.h"
#include "runner/base/invariant.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <signal.h>

Test(capture, nothing)
{
	struct capture c = {};
	size_t len = 1;

	cr_expect_null(capture_take(&c, &len));
	cr_expect_eq(len, 0);
}

Test(capture, small_output_is_kept_whole_and_reset_forgets)
{
	struct capture c = {};
	size_t len;
	char *text;

	capture_add(&c, "a\0b", 3);
	capture_add(&c, "c", 1);
	text = capture_take(&c, &len);
	cr_expect_eq(len, 4);
	cr_expect_arr_eq(text, "a\0bc", 4);
	free(text);
	capture_reset(&c);
	cr_expect_null(capture_take(&c, &len));
	capture_done(&c);
}

Test(capture, a_flood_keeps_both_ends_and_says_what_is_missing)
{
	struct capture c = {};
	char block[1000], *text;
	uint64_t total = 0;
	size_t len;

	for (int i = 0; i < 1000; i++) {
		memset(block, 'a' + i % 26, sizeof(block));
		capture_add(&c, block, sizeof(block));
		total += sizeof(block);
	}
	capture_add(&c, "END", 3);
	total += 3;
	text = capture_take(&c, &len);
	cr_expect_eq(text[0], 'a');
	cr_expect_eq(memcmp(text + len - 3, "END", 3), 0);
	cr_expect_eq(text[len - 4], 'a' + 999 % 26);
	text[len - 4] = 0;
	cr_expect(strstr(text + CAPTURE_HALF, "bytes left out"));
	cr_expect_eq(strtoull(text + CAPTURE_HALF + strlen("\n[... "), NULL, 10),
		total - 2 * CAPTURE_HALF);
	free(text);
	capture_done(&c);
}

Test(capture, one_block_larger_than_all)
{
	size_t n = 5 * CAPTURE_HALF, len;
	struct capture c = {};
	char *block = mem_alloc(n), *text;

	for (size_t i = 0; i < n; i++)
		block[i] = (char)(i % 251);
	capture_add(&c, block, n);
	text = capture_take(&c, &len);
	cr_expect_arr_eq(text + len - CAPTURE_HALF, block + n - CAPTURE_HALF, CAPTURE_HALF);
	free(block);
	free(text);
	capture_done(&c);
}

Test(deadline, order_of_what_is_known)
{
	struct record_cell cell = {};
	struct record_hist target = {};

	cr_expect_eq(deadline_for(&cell, &target, 0, 5, 7).ns, 5, "the user's word");
	cr_expect_eq(deadline_for(&cell, &target, 0, 0, 7).ns, 7, "the variant's");
	cr_expect_eq(deadline_for(&cell, &target, 0, 0, 0).ns, 10 * NSEC_PER_SEC, "nothing known");
	cr_expect_eq(deadline_for(&cell, &target, 4, 0, 0).ns, NSEC_PER_SEC, "nothing ever ends");
	for (int i = 0; i < 3; i++)
		record_hist_add(&target, 100 * NSEC_PER_MSEC);
	cr_expect_eq(deadline_for(&cell, &target, 4, 0, 0).ns, 4 * NSEC_PER_SEC);
	for (int i = 0; i < 3; i++)
		record_hist_add(&cell.pass_ns, 300 * NSEC_PER_MSEC);
	cr_expect_eq(deadline_for(&cell, &target, 4, 0, 0).ns, 6 * NSEC_PER_SEC);
	memset(&cell.pass_ns, 0, sizeof(cell.pass_ns));
	for (int i = 0; i < 3; i++)
		record_hist_add(&cell.pass_ns, NSEC_PER_MSEC);
	cr_expect_eq(
		deadline_for(&cell, &target, 0, 0, 0).ns, NSEC_PER_SEC, "never below one second");
	cr_expect_eq(deadline_for(&cell, &target, 0, 0, 0).extend_ns, 4 * NSEC_PER_SEC, "once");
	cr_expect_eq(deadline_for(&cell, &target, 0, 5, 0).extend_ns, 0, "a word is a word");
}

Test(environ, replaces_and_appends)
{
	char *base[] = { "A=1", "AB=2", "C=3", NULL };
	char *first[] = { "AB=x", "D=4", NULL };
	char *second[] = { "D=5", "A=", NULL };
	char *const *more[] = { first, NULL, second };
	char **env = environ_merge(base, more, 3);

	cr_expect_str_eq(env[0], "A=");
	cr_expect_str_eq(env[1], "AB=x");
	cr_expect_str_eq(env[2], "C=3");
	cr_expect_str_eq(env[3], "D=5");
	cr_expect_null(env[4]);
	free(env);
}

Test(invariant, one_that_holds_costs_nothing)
{
	INVARIANT(1 + 1 == 2);
}

Test(invariant, a_broken_one_aborts, .signal = SIGABRT)
{
	INVARIANT(1 + 1 == 3);
}
