/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HANGRATE_POINTS: what is accepted keeps to its own limits, whatever the random value is. */
#include "lib/internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void check_rule(const struct points_rule *r)
{
	static const uint64_t randoms[] = { 0, 1, UINT64_MAX / 2, UINT64_MAX };

	check(memchr(r->name, '\0', sizeof(r->name)) && r->name[0]);
	for (size_t i = 0; i < sizeof(randoms) / sizeof(randoms[0]); i++) {
		uint64_t delay = points_rule_delay(r, randoms[i]);

		check(r->dist != 'f' || delay == r->lo_ns);
		check(r->dist != 'u' || (delay >= r->lo_ns && delay <= r->hi_ns));
		check(r->p > 0 || !points_rule_hits(r, randoms[i]));
		check(r->p < 1 || points_rule_hits(r, randoms[i]));
		points_rule_counts(r, randoms[i]);
	}
	check(!points_rule_counts(r, r->from - 1) && points_rule_counts(r, r->from));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct points_rule rules[POINTS_MAX];
	int n = points_parse((const char *)data, size, rules);

	check(n <= POINTS_MAX);
	for (int i = 0; i < n; i++)
		check_rule(&rules[i]);
	return 0;
}
