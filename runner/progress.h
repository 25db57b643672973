/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress.h: how far a campaign is, on standard error: a bar on a terminal, a line every 30 s
 * otherwise.
 */
#ifndef RUNNER_PROGRESS_H
#define RUNNER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool quiet, terminal;
	int64_t start_ns, last_ns;
	uint64_t planned; /* trials; 0: unknown, then the budget counts */
	int64_t budget_ns;
	uint64_t done, hangs, broken;
};

void progress_start(struct progress *p, bool quiet, uint64_t planned, int64_t budget_ns);
void progress_tick(struct progress *p, int64_t now_ns);
/* Clears the bar. */
void progress_end(struct progress *p);

#endif
