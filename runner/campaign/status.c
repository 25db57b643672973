/* SPDX-License-Identifier: GPL-3.0-or-later */
/* campaign/status.c: what a record is worth, as an exit status. Pure. */
#include "runner/campaign/campaign.h"
#include "runner/base/exit_status.h"

static bool is_broken(const struct record_campaign *c)
{
	uint64_t counted = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (cell->count[VERDICT_BROKEN] || cell->false_proofs || cell->not_applied ||
			record_group_unmeasured(c, cell))
			return true;
		counted += cell->canary ? 0 : record_cell_trials(cell) + cell->count[VERDICT_SKIP];
	}
	return c->broken || !counted; /* nothing run is no success */
}

int campaign_status(const struct record_campaign *c)
{
	if (c->stop == STOP_INTERRUPTED)
		return EXIT_INTERRUPTED;
	if (is_broken(c))
		return EXIT_BROKEN;
	for (size_t i = 0; i < c->n_cells; i++) {
		if (record_group_met(c, &c->cells[i]) == MET_NO)
			return EXIT_NOT_MET;
	}
	return EXIT_MET;
}
