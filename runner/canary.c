/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/canary.h"

#include "runner/util.h"

/* Reads from a pipe whose only writing end it holds itself: provable, needs no thread and no libc.
 */
static void hang(void)
{
	int fds[2];
	char c;

	if (pipe(fds) < 0)
		_exit(1);
	_exit(read(fds[0], &c, 1) < 0 ? 2 : 0);
}

void canary_main(const char *arg)
{
	if (!strcmp(arg, "--canary-hang"))
		hang();
	if (!strcmp(arg, "--canary-clean"))
		_exit(0);
}

const char *canary_fault(const struct record_campaign *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		uint64_t n = record_cell_trials(cell);

		if (!cell->canary)
			continue;
		if (cell->expect == EXPECT_DEADLOCKS && cell->count[VERDICT_DEADLOCK] != n)
			return "canary: a known deadlock was not proven in every trial";
		if (cell->expect == EXPECT_COMPLETES && cell->count[VERDICT_PASS] != n)
			return "canary: a known clean program did not pass in every trial";
		if (cell->count[VERDICT_BROKEN])
			return "canary: could not be run";
	}
	return NULL;
}
