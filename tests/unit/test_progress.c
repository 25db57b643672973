/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/progress.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

/* 1000 of 4000 trials after 10 s, 12 of them hung. */
static struct progress quarter(void)
{
	struct progress p = { .planned = 4000, .seed = 7 };

	p.count[VERDICT_PASS] = 988;
	for (int i = 0; i < 10; i++) {
		progress_count(&p, VERDICT_DEADLOCK);
		progress_cause(&p, i < 3 ? "pipe" : "orphaned-lock");
	}
	progress_count(&p, VERDICT_TIMEOUT);
	progress_count(&p, VERDICT_TIMEOUT);
	return p;
}

static char *printed(const struct progress *p, int64_t elapsed_ns)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	progress_print(p, elapsed_ns, f);
	fclose(f);
	return text;
}

static void expect(const struct progress *p, const char *want)
{
	cleanup(cleanup_free) char *got = printed(p, 10 * NSEC_PER_SEC);

	cr_expect_str_eq(got, want);
}

Test(progress, a_line_in_a_log)
{
	struct progress p = quarter();

	expect(&p, "run: 10 s, 25 %, 30 s left; 1000 trials, 100/s; P(hang) 1.2 % [0.3, 3.1]; "
		   "10 deadlock, 2 timeout, orphaned-lock 7; seed 7");
}

Test(progress, nothing_known_yet)
{
	struct progress p = {};

	expect(&p, "run: 10 s; 0 trials, 0/s; 0 deadlock, 0 timeout; seed 0");
}

Test(progress, a_bar)
{
	struct progress p = quarter();

	p.terminal = true;
	p.width = 160;
	expect(&p, "####............  25%, 30 s left; 1000 trials, 100/s; P(hang) 1.2 % [0.3, "
		   "3.1]; 10 deadlock, 2 timeout, orphaned-lock 7");
}

Test(progress, all_hang)
{
	struct progress p = { .count = { [VERDICT_DEADLOCK] = 1000 } };

	expect(&p, "run: 10 s; 1000 trials, 100/s; P(hang) 100 % [99, 100]; 1000 deadlock, 0 "
		   "timeout; seed 0");
}

/* Whole pieces only, never a wrapped line. */
Test(progress, a_narrow_terminal)
{
	struct progress p = quarter();

	p.terminal = true;
	for (p.width = 1; p.width < 140; p.width++) {
		cleanup(cleanup_free) char *got = printed(&p, 10 * NSEC_PER_SEC);

		cr_assert_lt((int)strlen(got), p.width, "%d: %s", p.width, got);
	}
	p.width = 80;
	expect(&p, "####............  25%, 30 s left; 1000 trials, 100/s; P(hang) 1.2 % [0.3, "
		   "3.1]");
}

Test(progress, colour_only_where_wanted)
{
	struct progress p = quarter();
	char *got;

	p.terminal = true;
	p.width = 160;
	got = printed(&p, NSEC_PER_SEC);
	cr_expect_null(strchr(got, '\x1b'));
	free(got);
	p.colour = true;
	got = printed(&p, NSEC_PER_SEC);
	cr_expect(strstr(got, "\x1b[33m; P(hang) 1.2 % [0.3, 3.1]\x1b[0m"));
	free(got);
}

Test(progress, more_classes_than_room)
{
	struct progress p = quarter();

	for (int i = 0; i < 2 * PROGRESS_CLASSES; i++) {
		char name[] = { (char)('a' + i), 0 };

		progress_cause(&p, name);
	}
	progress_cause(&p, NULL);
	cr_expect_eq(p.class[1].count, 7);
}

Test(progress, a_log_gets_a_line_every_30_seconds)
{
	struct progress p = quarter();

	p.start_ns = p.last_ns = 1;
	cr_redirect_stderr();
	progress_tick(&p, 29 * NSEC_PER_SEC);
	progress_tick(&p, 31 * NSEC_PER_SEC);
	progress_tick(&p, 59 * NSEC_PER_SEC);
	p.quiet = true;
	progress_tick(&p, 99 * NSEC_PER_SEC);
	fflush(stderr);
	cr_expect_stderr_eq_str("run: 31 s, 25 %, 93 s left; 1000 trials, 32/s; P(hang) 1.2 % "
				"[0.3, 3.1]; 10 deadlock, 2 timeout, orphaned-lock 7; seed 7\n");
}
