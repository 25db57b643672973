/* SPDX-License-Identifier: GPL-3.0-or-later */
/* text_fix.c: what clean trials after a fix have shown, and how many are still to be run. */
#include "reports/text.h"

#include "runner/base/util.h"

#include <inttypes.h>

bool text_fix(
	const struct report_input *in, const struct record_cell *cell, struct text_fix *ret_fix)
{
	bool should_not = cell->expect == EXPECT_NONE || cell->expect == EXPECT_COMPLETES;
	size_t place = (size_t)(cell - in->campaign->cells);
	struct text_fix f = { .clean = record_cell_trials(cell) };

	if (!should_not || !f.clean || record_cell_hangs(cell))
		return false;
	for (size_t i = 0; i < in->n_history; i++) {
		const struct record_campaign *c = &in->history[i];
		const struct record_cell *old =
			c->broken ? NULL : record_campaign_find_cell(c, cell, place);

		if (!old)
			continue;
		f.hangs = record_cell_hangs(old);
		f.trials = record_cell_trials(old);
		if (f.hangs) {
			f.changed = old->program && cell->program &&
				    strcmp(old->program, cell->program) != 0;
			/* Fixed by that campaign alone, so that it may be compared with any number
			 * of clean trials. */
			f.needed = stats_clean_runs(text_interval_of(c, f.hangs, f.trials).low,
				WORDS_FEWER, WORDS_CONFIDENCE);
			*ret_fix = f;
			return true;
		}
		f.clean += f.trials;
	}
	return false;
}

char *text_after_fix(const struct report_input *in, const struct record_cell *cell)
{
	struct text_fix f;
	const char *changed;

	if (!text_fix(in, cell, &f))
		return NULL;
	changed = f.changed ? " the program was changed" : "";
	if (f.clean >= f.needed)
		return mem_printf("at least %d times rarer now, with 95 %%: it hung in %" PRIu64
				  " of %" PRIu64 " before, and in none of %" PRIu64 " since%s",
			WORDS_FEWER, f.hangs, f.trials, f.clean, changed);
	return mem_printf("hung in %" PRIu64 " of %" PRIu64 " before, in none of %" PRIu64
			  " since%s; %" PRIu64
			  " more clean trials would show with 95 %% that it is %d times rarer now",
		f.hangs, f.trials, f.clean, changed, f.needed - f.clean, WORDS_FEWER);
}
