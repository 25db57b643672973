/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/repro.c: `hangrate repro`: the shortest command that shows a recorded cause again. */
#include "reports/repro.h"
#include "runner/cmd/cmd.h"
#include "runner/store/store.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

struct found {
	struct record_campaign campaign; /* owns the others */
	const struct record_cell *cell;
	const struct record_cause *cause;
};

/* By number, or by a piece of its class or summary. */
static bool is_meant(const struct record_cause *cause, const char *word)
{
	char *end;
	long long id = strtoll(word, &end, 10);

	if (end != word && !*end)
		return cause->id == id;
	return strstr(cause->key, word) || (cause->class && strstr(cause->class, word)) ||
	       (cause->summary && strstr(cause->summary, word));
}

/* Of those that are meant the one that shows itself first. */
static void find_cause(struct found *f, const char *word)
{
	f->cause = NULL;
	for (size_t i = 0; i < f->campaign.n_cells; i++) {
		const struct record_cell *cell = &f->campaign.cells[i];

		/* A canary hangs by itself, with no run of its own to repeat. */
		for (size_t j = 0; j < cell->n_causes && !cell->canary; j++) {
			const struct record_cause *cause = &cell->causes[j];

			if (!is_meant(cause, word) ||
				(f->cause && f->cause->first_index <= cause->first_index))
				continue;
			f->cell = cell;
			f->cause = cause;
		}
	}
}

static void list_causes(const struct record_campaign *c)
{
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];

		for (size_t j = 0; j < cell->n_causes && !cell->canary; j++)
			printf("%-6" PRId64 " %8" PRIu64 "  %-15s %s%s%s %s %s: %s\n",
				cell->causes[j].id, cell->causes[j].count,
				cell->causes[j].class ? cell->causes[j].class : "?", cell->target,
				*cell->variant ? "/" : "", cell->variant, cell->libc, cell->inject,
				cell->causes[j].summary ? cell->causes[j].summary
							: cell->causes[j].key);
	}
}

/* The newest campaign that has the cause; without a word: the newest. */
static int load(const char *path, const char *word, struct found *ret)
{
	cleanup(cleanup_store) struct store *store = NULL;
	cleanup(cleanup_free) int64_t *ids = NULL;
	size_t n = 0;

	if (store_open(path, STORE_READ, &store) < 0 || store_list(store, &ids, &n) < 0) {
		fprintf(stderr, "repro: %s\n", store ? store_error(store) : "out of memory");
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < n; i++) {
		if (store_load(store, ids[i], &ret->campaign) < 0) {
			fprintf(stderr, "repro: %s\n", store_error(store));
			return EXIT_USAGE;
		}
		if (!word)
			return 0;
		find_cause(ret, word);
		if (ret->cause)
			return 0;
		record_campaign_done(&ret->campaign);
	}
	fprintf(stderr,
		"repro: '%s': no campaign of '%s' has such a cause; hangrate repro %s lists those of the newest\n",
		word ? word : "", path, path);
	return EXIT_USAGE;
}

static int run_it(const struct found *f)
{
	char **argv = repro_argv(&f->campaign, f->cell, f->cause, "none");

	fflush(stdout);
	execv("/proc/self/exe", argv);
	fprintf(stderr, "repro: cannot run it: %s\n", strerror(errno));
	repro_argv_free(argv);
	return EXIT_BROKEN;
}

static int show(const struct found *f, const char *word, bool run)
{
	cleanup(cleanup_free) char *command = NULL;

	if (!word) {
		list_causes(&f->campaign);
		return EXIT_MET;
	}
	command = repro_command(&f->campaign, f->cell, f->cause);
	/* With --run standard output belongs to the run. */
	fprintf(run ? stderr : stdout, "%s\n", command);
	return run ? run_it(f) : EXIT_MET;
}

struct options {
	bool run;
};

static const struct option_row rows[] = {
	{ "run", 0, OPTION_FLAG, offsetof(struct options, run), NULL, "run that command" },
	OPTION_ROW_HELP,
};

const struct option_table cmd_repro_options = {
	.command = "repro",
	.usage = (const char *const[]){ "DB [CAUSE [--run]]", NULL },
	.about =
		"Prints the shortest command that shows CAUSE again: its number, or a piece of its class or\n"
		"summary. Without CAUSE: the causes of the newest campaign.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
};

static enum option_result parse(int argc, char **argv, struct options *o, int *ret_first)
{
	enum option_result r = option_parse(&cmd_repro_options, argc, argv, o, ret_first);
	int n = argc - *ret_first;

	if (r != OPTION_RUN)
		return r;
	if (n < 1)
		return option_wrong(&cmd_repro_options, "DB", "missing");
	if (n > 2)
		return option_wrong(
			&cmd_repro_options, argv[*ret_first + 2], "one cause at a time");
	if (o->run && n < 2)
		return option_wrong(&cmd_repro_options, "--run", "needs a cause");
	return OPTION_RUN;
}

int cmd_repro(int argc, char **argv)
{
	struct options o = { 0 };
	struct found f = {};
	enum option_result asked;
	int first = argc, status;

	asked = parse(argc, argv, &o, &first);
	if (asked != OPTION_RUN)
		return option_exit(asked);
	status = load(argv[first], argv[first + 1], &f);
	if (status)
		return status;
	status = show(&f, argv[first + 1], o.run);
	record_campaign_done(&f.campaign);
	return status;
}
