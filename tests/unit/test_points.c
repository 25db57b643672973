/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_points.c: what HANGRATE_POINTS says, and what a rule then decides. */
#include "lib/internal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int parse(const char *text, struct points_rule rules[POINTS_MAX])
{
	return points_parse(text, strlen(text), rules);
}

Test(points, reads_every_field)
{
	struct points_rule r[POINTS_MAX];

	cr_assert_eq(parse("a,f,1000,0,1,1,1;b-c,u,5,10,0.25,3,2;d,e,7,0,0,1,0", r), 3);
	cr_assert_str_eq(r[0].name, "a");
	cr_assert_eq(r[0].dist, 'f');
	cr_assert_eq(r[0].lo_ns, 1000);
	cr_assert_str_eq(r[1].name, "b-c");
	cr_assert_eq(r[1].hi_ns, 10);
	cr_assert_eq(r[1].p, 0.25);
	cr_assert_eq(r[1].from, 3);
	cr_assert_eq(r[1].step, 2);
	cr_assert_eq(r[2].dist, 'e');
	cr_assert_eq(r[2].step, 0);
}

Test(points, nothing_is_no_rule)
{
	struct points_rule r[POINTS_MAX];

	cr_assert_eq(parse("", r), 0);
	cr_assert_eq(parse("a,f,0,0,1,1,1;", r), 1);
}

Test(points, refuses_what_it_does_not_know)
{
	static const char *const bad[] = { "a", ";", "a,f,0,0,1,1", "a,f,0,0,1,1,1,1",
		",f,0,0,1,1,1", "a,x,0,0,1,1,1", "a,ff,0,0,1,1,1", "a,f,-1,0,1,1,1",
		"a,f,1 ,0,1,1,1", "a,f,0,0,1.1,1,1", "a,f,0,0,nan,1,1", "a,f,0,0,-0,1,1",
		"a,f,0,0,1,0,1", "a,u,2,1,1,1,1", "a,f,99999999999999999999,0,1,1,1",
		"a,e,3600000000001,0,1,1,1", "a,u,0,3600000000001,1,1,1",
		"a,f,0,0,1,1,1;;b,f,0,0,1,1,1", "a,f,0,0,1,1,1;a,f,0,0,1,1,1" };
	struct points_rule r[POINTS_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(parse(bad[i], r), -EINVAL, "%s", bad[i]);
	cr_assert_eq(points_parse("a,f,0,0,1,1,\0", 13, r), -EINVAL);
}

Test(points, a_name_fits_or_is_refused)
{
	char text[POINTS_NAME_MAX + 32];
	struct points_rule r[POINTS_MAX];

	memset(text, 'n', sizeof(text));
	strcpy(text + POINTS_NAME_MAX - 1, ",f,0,0,1,1,1");
	cr_assert_eq(parse(text, r), 1);
	cr_assert_eq(strlen(r[0].name), POINTS_NAME_MAX - 1);
	memset(text, 'n', sizeof(text));
	strcpy(text + POINTS_NAME_MAX, ",f,0,0,1,1,1");
	cr_assert_eq(parse(text, r), -EINVAL);
}

Test(points, at_most_so_many)
{
	char text[32 * (POINTS_MAX + 1)] = "";
	struct points_rule r[POINTS_MAX];
	size_t n = 0;

	for (int i = 0; i < POINTS_MAX; i++)
		n += (size_t)sprintf(text + n, "p%d,f,0,0,1,1,1;", i);
	cr_assert_eq(parse(text, r), POINTS_MAX);
	sprintf(text + n, "one-more,f,0,0,1,1,1");
	cr_assert_eq(parse(text, r), -E2BIG);
}

Test(points, passages_that_count)
{
	struct points_rule every = { .from = 1, .step = 1 }, third = { .from = 2, .step = 3 };
	struct points_rule once = { .from = 4, .step = 0 };

	cr_assert(points_rule_counts(&every, 1) && points_rule_counts(&every, 9));
	cr_assert(!points_rule_counts(&third, 1) && points_rule_counts(&third, 2));
	cr_assert(!points_rule_counts(&third, 4) && points_rule_counts(&third, 5));
	cr_assert(points_rule_counts(&once, 4) && !points_rule_counts(&once, 5));
	cr_assert(!points_rule_counts(&once, 3));
}

Test(points, delays_have_their_distribution)
{
	struct points_rule fixed = { .dist = 'f', .lo_ns = 1000 };
	struct points_rule uniform = { .dist = 'u', .lo_ns = 1000, .hi_ns = 3000 };
	struct points_rule exponential = { .dist = 'e', .lo_ns = 1000 };
	double sum_uniform = 0, sum_exponential = 0;

	for (uint64_t i = 0; i < 100000; i++) {
		/* Spread evenly over all values, so that the mean is no chance. */
		uint64_t random = i * (UINT64_MAX / 100000);
		uint64_t u = points_rule_delay(&uniform, random);

		cr_assert(u >= 1000 && u <= 3000);
		cr_assert_eq(points_rule_delay(&fixed, random), 1000);
		sum_uniform += (double)u;
		sum_exponential += (double)points_rule_delay(&exponential, random);
	}
	cr_assert_float_eq(sum_uniform / 100000, 2000, 2);
	cr_assert_float_eq(sum_exponential / 100000, 1000, 2);
	cr_assert(points_rule_delay(&exponential, 0) < 100000);
}

Test(points, probability)
{
	struct points_rule never = { .p = 0 }, always = { .p = 1 }, quarter = { .p = 0.25 };

	cr_assert(!points_rule_hits(&never, 0) && !points_rule_hits(&never, UINT64_MAX));
	cr_assert(points_rule_hits(&always, 0) && points_rule_hits(&always, UINT64_MAX));
	cr_assert(points_rule_hits(&quarter, UINT64_MAX / 5));
	cr_assert(!points_rule_hits(&quarter, UINT64_MAX / 3));
}
