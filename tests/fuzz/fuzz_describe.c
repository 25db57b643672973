/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an executable says of itself: one variant more, or a reason; never half a target. */
#include "runner/plan/target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static void parse(const char *json, size_t len, char *const *patterns, size_t n)
{
	struct target_list l = { 0 };
	bool used[2] = { false };
	const char *why = NULL;

	if (target_parse_describe(&l, "/x", json, len, patterns, n, used, &why) < 0)
		check(why && l.n == 0 && l.n_scenarios == 0);
	else
		check(l.n_scenarios == (l.n > 0) && (used[0] || used[1]) == (n > 0 && l.n > 0));
	for (size_t i = 0; i < l.n; i++)
		check(*l.targets[i].name && *l.targets[i].variant && l.targets[i].timeout_ns >= 0 &&
			l.targets[i].argv[2] && !l.targets[i].argv[3]);
	target_list_done(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "mutex*", variant[] = "*/fork";
	char *const patterns[] = { name, variant };

	parse((const char *)data, size, NULL, 0);
	parse((const char *)data, size, patterns, 2);
	return 0;
}
