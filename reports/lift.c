/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/lift.h"

#include "reports/text.h"
#include "runner/base/util.h"

#include <math.h>

/* For arms that should not differ at all. */
#define NULL_ALPHA 0.01

static struct stats_count count_of(const struct record_cell *cell)
{
	return (struct stats_count){ record_cell_hangs(cell), record_cell_trials(cell) };
}

static double rate(struct stats_count c)
{
	return (double)c.k / (double)c.n;
}

/* Either way, half of the error each. */
static bool differ(struct stats_count a, struct stats_count b)
{
	return stats_fisher_greater(a, b) < NULL_ALPHA / 2 ||
	       stats_fisher_greater(b, a) < NULL_ALPHA / 2;
}

static struct stats_count bad_of(const struct record_cell *cell)
{
	return (struct stats_count){ cell->count[VERDICT_FAIL] + cell->count[VERDICT_CRASH],
		record_cell_trials(cell) };
}

bool lift_null_differs(const struct record_campaign *c, const struct record_cell *null)
{
	const struct record_cell *bare = null ? record_cell_base(c, null, ARM_BARE) : NULL;

	return bare && record_cell_trials(bare) && record_cell_trials(null) &&
	       (differ(count_of(null), count_of(bare)) || differ(bad_of(null), bad_of(bare)));
}

bool lift_of(const struct record_campaign *c, const struct record_cell *cell, struct lift *ret_lift)
{
	struct stats_count new = count_of(cell), old;
	const struct record_cell *base;

	const struct record_cell *null = record_cell_base(c, cell, ARM_NULL);
	bool against_null = lift_null_differs(c, null);

	if (cell->arm != ARM_INJECTED || cell->canary || record_cell_did_nothing(cell))
		return false;
	base = against_null ? null : record_cell_base(c, cell, ARM_BARE);
	if (!base)
		return false;
	old = count_of(base);
	if (!new.n || !old.n || !(new.k + old.k))
		return false;
	*ret_lift = (struct lift){ .against_null = against_null,
		.value = old.k ? rate(new) / rate(old) : INFINITY,
		.ci = text_fixed_n(c) && !cell->switched_off
			      ? stats_ratio(new, old, WORDS_CONFIDENCE)
			      : stats_ratio_sequence(new, old, WORDS_CONFIDENCE) };
	return true;
}

static char *rate_words(const char *name, const struct record_cell *cell)
{
	if (!cell || !record_cell_trials(cell))
		return mem_strdup("");
	return mem_printf("%s %.3g %%, ", name, 100 * rate(count_of(cell)));
}

char *lift_words(const struct record_campaign *c, const struct record_cell *cell)
{
	char *bare cleanup(cleanup_free) = NULL, *null cleanup(cleanup_free) = NULL;
	char *ci cleanup(cleanup_free) = NULL;
	struct lift l;

	if (!lift_of(c, cell, &l))
		return NULL;
	bare = rate_words("bare", record_cell_base(c, cell, ARM_BARE));
	null = rate_words("null", record_cell_base(c, cell, ARM_NULL));
	ci = isinf(l.value)     ? mem_printf("above %.3g", l.ci.low)
	     : isinf(l.ci.high) ? mem_printf("%.3g, above %.3g", l.value, l.ci.low)
				: mem_printf("%.3g [%.3g, %.3g]", l.value, l.ci.low, l.ci.high);
	return mem_printf("lift %s%s: P(hang) %s%sinjected %.3g %%", ci,
		l.against_null ? " over the null arm" : "", bare, null, 100 * rate(count_of(cell)));
}
