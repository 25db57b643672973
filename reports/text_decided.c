/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_decided.c: what --decide P0:P1 has answered, from the counts that are recorded. */
#include "reports/text.h"

#include "runner/base/util.h"

enum stats_decision text_decision(const struct record_campaign *c, const struct record_cell *cell)
{
	if (!text_is_decided(c, cell))
		return STATS_UNDECIDED;
	return stats_decide(record_cell_hangs(cell), record_cell_trials(cell), c->decide_low,
		c->decide_high, RECORD_DECIDE_ERROR, RECORD_DECIDE_ERROR);
}

bool text_is_decided(const struct record_campaign *c, const struct record_cell *cell)
{
	return c->decide_high > 0 && !cell->canary && record_cell_trials(cell) > 0;
}

const char *text_decided(
	const struct record_campaign *c, const struct record_cell *cell, char buf[static WORDS_MAX])
{
	if (!text_is_decided(c, cell))
		return NULL;
	switch (text_decision(c, cell)) {
	case STATS_HIGH:
		snprintf(buf, WORDS_MAX, "above %g %%", 100 * c->decide_low);
		break;
	case STATS_LOW:
		snprintf(buf, WORDS_MAX, "below %g %%", 100 * c->decide_high);
		break;
	default:
		strcpy(buf, "not decided");
	}
	return buf;
}

const char *text_decision_name(const struct record_campaign *c, const struct record_cell *cell)
{
	static const char *const names[] = {
		[STATS_UNDECIDED] = "undecided", [STATS_LOW] = "below", [STATS_HIGH] = "above"
	};

	return text_is_decided(c, cell) ? names[text_decision(c, cell)] : NULL;
}

static char *counted(const struct record_campaign *c, const size_t n[STATS_HIGH + 1])
{
	if (n[STATS_HIGH] + n[STATS_LOW] + n[STATS_UNDECIDED] == 1)
		return n[STATS_HIGH]  ? mem_printf("above %g %%", 100 * c->decide_low)
		       : n[STATS_LOW] ? mem_printf("below %g %%", 100 * c->decide_high)
				      : mem_strdup("not decided");
	return mem_printf("above %g %% in %zu cells, below %g %% in %zu, not decided in %zu",
		100 * c->decide_low, n[STATS_HIGH], 100 * c->decide_high, n[STATS_LOW],
		n[STATS_UNDECIDED]);
}

char *report_decided(const struct record_campaign *c)
{
	cleanup(cleanup_free) char *text = NULL;
	size_t n[STATS_HIGH + 1] = {};

	if (!(c->decide_high > 0))
		return NULL;
	for (size_t i = 0; i < c->n_cells; i++)
		if (text_is_decided(c, &c->cells[i]))
			n[text_decision(c, &c->cells[i])]++;
	text = counted(c, n);
	return mem_printf("P(hang) is %s; either answer is wrong with %g %% at most", text,
		100 * RECORD_DECIDE_ERROR);
}
