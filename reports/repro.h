/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repro.h: the shortest command that shows a recorded hang again. Pure.
 */
#ifndef REPORTS_REPRO_H
#define REPORTS_REPRO_H

#include "runner/record/record.h"

/*
 * The command for a cell's cause, or with cause NULL for the whole cell. A trial's seed depends on
 * the campaign's seed, the cell and the index of the trial only, so the command narrows the plan to
 * this cell and to as many trials as the first hang needs. Shell-quoted; the caller frees it.
 */
char *repro_command(const struct record_campaign *c, const struct record_cell *cell,
	const struct record_cause *cause);

/* The same as argv ("hangrate", "run", ...), NULL at the end, recording in db ("none": nowhere);
 * free with repro_argv_free(). */
char **repro_argv(const struct record_campaign *c, const struct record_cell *cell,
	const struct record_cause *cause, const char *db);
void repro_argv_free(char **argv);

#endif
