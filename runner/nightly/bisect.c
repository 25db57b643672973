/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/nightly/bisect.h"

#include "runner/nightly/confirm.h"
#include "runner/base/exit_status.h"
#include "runner/base/util.h"

#include <inttypes.h>

enum bisect_status bisect_status(int status)
{
	if (status == EXIT_MET)
		return BISECT_GOOD;
	return status == EXIT_NOT_MET ? BISECT_BAD : BISECT_FAULT;
}

static char **run_argv(const struct bisect_options *o, uint64_t trials)
{
	size_t n = 0, at = 0;
	char **argv;

	while (o->run[n])
		n++;
	argv = mem_alloc((n + 11) * sizeof(*argv));
	argv[at++] = mem_strdup("hangrate");
	argv[at++] = mem_strdup("run");
	argv[at++] = mem_strdup("--quiet");
	argv[at++] = mem_strdup("--db");
	argv[at++] = mem_strdup("none");
	argv[at++] = mem_strdup("--until-hang");
	argv[at++] = mem_strdup("--seed");
	argv[at++] = mem_printf("%" PRIu64, o->seed);
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
	uint64_t hangs, trials;
	uint64_t clean, of; /* passes and trials of the cell that had fewest passes */
};

static struct tally count(const struct record_campaign *c)
{
	struct tally t = { .clean = UINT64_MAX };

	for (size_t i = 0; i < c->n_cells; i++) {
		uint64_t n = record_cell_trials(&c->cells[i]);
		uint64_t clean = c->cells[i].count[VERDICT_PASS];

		if (c->cells[i].canary || (!n && c->cells[i].count[VERDICT_SKIP]))
			continue;
		t.hangs += record_cell_hangs(&c->cells[i]);
		t.trials += n;
		if (clean < t.clean) {
			t.clean = clean;
			t.of = n;
		}
	}
	if (!t.trials)
		t.clean = 0;
	return t;
}

/* A hang that was seen is a hang, but an instrument at fault could have misjudged it too. */
static enum bisect_status judge(const struct record_campaign *c, uint64_t needed)
{
	const char *fault = check_fault(c, true);
	struct tally t = count(c);

	if (fault) {
		fprintf(stderr, "check: --bisect: the run %s\n", fault);
		return BISECT_FAULT;
	}
	if (t.hangs) {
		fprintf(stderr, "check: bad: it hung in run %" PRIu64 "\n", t.trials);
		return BISECT_BAD;
	}
	/* A revision that cannot even start never hangs. */
	if (t.clean < needed) {
		fprintf(stderr,
			"check: --bisect: only %" PRIu64 " of %" PRIu64
			" runs passed; one that fails or crashes is no proof of health\n",
			t.clean, t.of);
		return BISECT_FAULT;
	}
	fprintf(stderr, "check: good: %" PRIu64 " clean runs\n", t.clean);
	return BISECT_GOOD;
}

enum bisect_status check_bisect(const struct bisect_options *o)
{
	uint64_t needed = stats_runs_for_bisect(o->rate, o->steps, o->error);
	char **argv = run_argv(o, needed);
	cleanup(cleanup_free) char *why = NULL;
	enum bisect_status status;
	struct record_campaign c;
	int r;

	fprintf(stderr,
		"check: a good verdict needs %" PRIu64
		" clean runs: %u steps, P(hang) of a bad revision at least %g, at most %g wrong; seed %" PRIu64
		"\n",
		needed, o->steps, o->rate, o->error, o->seed);
	r = check_run(argv, false, &c, &why);
	free_argv(argv);
	if (r < 0) {
		fprintf(stderr, "check: --bisect: %s\n", why ? why : "cannot run");
		return BISECT_FAULT;
	}
	status = judge(&c, needed);
	record_campaign_done(&c);
	return status;
}
