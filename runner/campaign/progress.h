/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h: how far a campaign is, on standard error: a bar on a terminal, a line every 30 s
 * otherwise and where TERM=dumb. P(hang) is that of all cells together, and its interval that of a
 * confidence sequence, for it is looked at on the way.
 */
#ifndef RUNNER_CAMPAIGN_PROGRESS_H
#define RUNNER_CAMPAIGN_PROGRESS_H

#include "runner/record/record.h"

#include <stdio.h>

#define PROGRESS_CLASSES 12

struct progress {
	bool quiet, terminal, colour;
	int width; /* columns of the terminal */
	int64_t start_ns, last_ns;
	uint64_t seed;
	uint64_t planned; /* trials; 0: unknown, then the budget counts */
	int64_t budget_ns;
	uint64_t count[VERDICT_COUNT];
	struct {
		char name[24];
		uint64_t count;
	} class[PROGRESS_CLASSES]; /* of causes; an empty name: none */
};

void progress_start(
	struct progress *p, bool quiet, uint64_t seed, uint64_t planned, int64_t budget_ns);
void progress_count(struct progress *p, enum verdict v);
void progress_cause(struct progress *p, const char *class); /* NULL: not known */
void progress_tick(struct progress *p, int64_t now_ns);
/* Clears the bar. */
void progress_end(struct progress *p);

/* What is shown after so long, without what moves the cursor. Pieces that a terminal's line has no
 * room for are left out, the least important first. */
void progress_print(const struct progress *p, int64_t elapsed_ns, FILE *out);

#endif
