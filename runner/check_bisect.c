/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/check_bisect.h"

#include "runner/check_confirm.h"
#include "runner/cmd.h"
#include "runner/util.h"

#include <inttypes.h>

#define FIRST_BATCH 8

enum bisect_status bisect_status(int status)
{
	if (status == EXIT_MET)
		return BISECT_GOOD;
	return status == EXIT_NOT_MET ? BISECT_BAD : BISECT_FAULT;
}

static char **batch_argv(const struct bisect_options *o, uint64_t seed, uint64_t trials)
{
	size_t n = 0, at = 0;
	char **argv;

	while (o->run[n])
		n++;
	argv = mem_alloc((n + 10) * sizeof(*argv));
	argv[at++] = mem_strdup("hangrate");
	argv[at++] = mem_strdup("run");
	argv[at++] = mem_strdup("--quiet");
	argv[at++] = mem_strdup("--db");
	argv[at++] = mem_strdup("none");
	argv[at++] = mem_strdup("--seed");
	argv[at++] = mem_printf("%" PRIu64, seed);
	argv[at++] = mem_strdup("-n");
	argv[at++] = mem_printf("%" PRIu64, trials);
	for (size_t i = 0; i < n; i++)
		argv[at++] = mem_strdup(o->run[i]);
	return argv;
}

static void free_argv(char **argv)
{
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

struct tally {
	uint64_t hangs;
	uint64_t least; /* trials of the cell that had fewest */
};

static struct tally count(const struct record_campaign *c)
{
	struct tally t = { 0, UINT64_MAX };

	for (size_t i = 0; i < c->n_cells; i++) {
		uint64_t n = record_cell_trials(&c->cells[i]);

		if (c->cells[i].canary || (!n && c->cells[i].count[VERDICT_SKIP]))
			continue;
		t.hangs += record_cell_hangs(&c->cells[i]);
		t.least = n < t.least ? n : t.least;
	}
	return t;
}

/* 1: a hang, 0: clean, -1: no sound answer. Adds the clean runs. */
static int run_batch(
	const struct bisect_options *o, uint64_t seed, uint64_t trials, uint64_t *clean)
{
	char **argv = batch_argv(o, seed, trials);
	cleanup(cleanup_free) char *why = NULL;
	struct record_campaign c;
	const char *unsound;
	struct tally t;
	int r = check_run(argv, &c, &why);

	free_argv(argv);
	if (r < 0) {
		fprintf(stderr, "check: --bisect: %s\n", why ? why : "cannot run");
		return -1;
	}
	unsound = check_unsound(&c, true);
	t = count(&c);
	if (unsound)
		fprintf(stderr, "check: --bisect: the run %s\n", unsound);
	else if (t.least == UINT64_MAX || !t.least)
		fputs("check: --bisect: nothing was run\n", stderr);
	else
		*clean += t.least;
	record_campaign_done(&c);
	/* A hang that was seen is a hang; but a canary that failed could have misjudged it too. */
	if (unsound || t.least == UINT64_MAX || !t.least)
		return -1;
	return t.hangs > 0;
}

enum bisect_status check_bisect(const struct bisect_options *o)
{
	uint64_t needed = stats_runs_for_bisect(o->rate, o->steps, o->error), clean = 0;
	uint64_t batch = FIRST_BATCH;

	fprintf(stderr,
		"check: a good verdict needs %" PRIu64 " clean runs: %u steps, P(hang) of a bad "
		"revision at least %g, at most %g wrong; seed %" PRIu64 "\n",
		needed, o->steps, o->rate, o->error, o->seed);
	for (uint64_t i = 0; clean < needed; i++, batch *= 2) {
		uint64_t todo = needed - clean < batch ? needed - clean : batch;
		int r = run_batch(o, o->seed + i, todo, &clean);

		if (r < 0)
			return BISECT_FAULT;
		if (r > 0) {
			fprintf(stderr, "check: bad: hung within %" PRIu64 " runs\n", clean);
			return BISECT_BAD;
		}
	}
	fprintf(stderr, "check: good: %" PRIu64 " clean runs\n", clean);
	return BISECT_GOOD;
}
