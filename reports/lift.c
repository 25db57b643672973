/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/lift.h"

#include "reports/text.h"
#include "runner/base/util.h"

#include <math.h>

static struct stats_count count_of(const struct record_cell *cell)
{
	return (struct stats_count){ record_cell_hangs(cell), record_cell_trials(cell) };
}

static double rate(struct stats_count c)
{
	return (double)c.k / (double)c.n;
}

bool lift_of(const struct record_campaign *c, const struct record_cell *cell, struct lift *ret_lift)
{
	struct stats_count new = count_of(cell), old;
	const struct record_cell *base;

	if (cell->arm != ARM_INJECTED || cell->canary)
		return false;
	base = record_cell_base(c, cell, ARM_BARE);
	if (!base)
		return false;
	old = count_of(base);
	if (!new.n || !old.n || !(new.k + old.k))
		return false;
	*ret_lift = (struct lift){ .value = old.k ? rate(new) / rate(old) : INFINITY,
		.ci = text_fixed_n(c) && !record_cell_is_off(cell)
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
	return mem_printf("lift %s: P(hang) %s%sinjected %.3g %%", ci, bare, null,
		100 * rate(count_of(cell)));
}
