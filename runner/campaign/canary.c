/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/canary.h"

#include "runner/base/util.h"

#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Waits for a word that never changes: provable, and cheap to prove. */
static void hang(void)
{
	static int word;

	while (!syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0))
		;
	_exit(2);
}

/* Reads from a pipe whose only writing end it holds itself: that takes a look at every process. */
static void hang_on_pipe(void)
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
	if (!strcmp(arg, "--canary-pipe"))
		hang_on_pipe();
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
		if (cell->expect == EXPECT_HANGS && record_cell_hangs(cell) != n)
			return "canary: a known hang was not seen in every trial";
		if (cell->expect == EXPECT_COMPLETES && cell->count[VERDICT_PASS] != n)
			return "canary: a known clean program did not pass in every trial";
		if (cell->count[VERDICT_BROKEN])
			return "canary: could not be run";
	}
	return NULL;
}

bool canary_lacks_sight(const struct record_campaign *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		if (cell->canary && cell->expect == EXPECT_HANGS && cell->count[VERDICT_TIMEOUT])
			return true;
	}
	return false;
}

/* The runner's own, and for each trial its keeper, its output and what a probe of it reads. */
#define FILES_WANTED 32
#define FILES_WANTED_A_JOB 8

char *canary_excuse(int jobs)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0 ||
		files.rlim_cur >= FILES_WANTED + FILES_WANTED_A_JOB * (rlim_t)jobs)
		return NULL;
	return mem_printf("only %llu files may be open at once (ulimit -n)",
		(unsigned long long)files.rlim_cur);
}
