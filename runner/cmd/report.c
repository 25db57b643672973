/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/report.c: `hangrate report`: every report again, from the record alone. */
#include "reports/matrix.h"
#include "reports/report.h"
#include "runner/campaign/campaign.h"
#include "runner/cmd/cmd.h"
#include "runner/store/history.h"
#include "runner/store/pool.h"
#include "runner/store/store.h"
#include "runner/base/terminal.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <inttypes.h>

struct wanted {
	const struct report_format *format;
	const char *path;
};

struct report_options {
	const char *db;
	int64_t campaign; /* 0: the newest */
	bool by_libc;     /* all campaigns as one, in a matrix */
	struct wanted *wanted;
	size_t n_wanted, cap_wanted;
};

static void options_done(struct report_options *o)
{
	free(o->wanted);
}

static int usage(const char *object, const char *what)
{
	fprintf(stderr, "report: '%s': %s\n", object, what);
	return EXIT_USAGE;
}

enum kind { CAMPAIGN = OPTION_OWN, BY, FORMAT };

#define FORMAT_ROW(id, name, help) { name, 0, FORMAT, 0, "F", help },
static const struct option_row rows[] = {
	{ "campaign", 0, CAMPAIGN, 0, "N", "not the newest campaign but number N" },
	{ "by", 0, BY, 0, "libc",
		"all campaigns added up, libcs side by side (text, html, md, csv)" },
	RECORD_FORMATS(FORMAT_ROW) OPTION_ROW_HELP,
};

static int parse_own(const struct option_row *row, const char *value, void *into)
{
	struct report_options *o = into;
	uint64_t n;

	switch ((enum kind)row->kind) {
	case CAMPAIGN:
		if (units_parse_u64(value, &n) < 0 || !n || n > INT64_MAX)
			return -1;
		o->campaign = (int64_t)n;
		return 0;
	case BY:
		o->by_libc = true;
		return strcmp(value, "libc") ? -1 : 0;
	case FORMAT:
		o->wanted = mem_grow(o->wanted, o->n_wanted, &o->cap_wanted, sizeof(*o->wanted));
		o->wanted[o->n_wanted++] = (struct wanted){ report_find(row->name), value };
		return 0;
	}
	return -1;
}

const struct option_table cmd_report_options = {
	.command = "report",
	.usage = (const char *const[]){ "DB [--campaign N] [--FORMAT FILE]...", NULL },
	.about =
		"Shows the newest campaign of a record, or writes reports of it; - is standard output.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.own = parse_own,
};

/* The matrix has renderers of its own. */
static int choose_matrix(struct report_options *o)
{
	if (o->campaign)
		return usage("--campaign", "--by libc adds up all campaigns");
	for (size_t i = 0; i < o->n_wanted; i++) {
		const char *name = o->wanted[i].format->name;

		o->wanted[i].format = matrix_find(name);
		if (!o->wanted[i].format)
			return usage(name, "not a format of --by libc: text, html, md, csv");
	}
	return 0;
}

/* 0, or the exit status to leave with; *ret_helped: that is all. */
static int parse(int argc, char **argv, struct report_options *o, bool *ret_helped)
{
	int first = argc;
	enum option_result r = option_parse(&cmd_report_options, argc, argv, o, &first);

	*ret_helped = r == OPTION_HELPED;
	if (r == OPTION_RUN && first == argc)
		r = option_wrong(&cmd_report_options, "DB", "missing");
	if (r == OPTION_RUN && first < argc - 1)
		r = option_wrong(&cmd_report_options, argv[first + 1], "one record at a time");
	if (r != OPTION_RUN)
		return option_exit(r);
	o->db = argv[first];
	return o->by_libc ? choose_matrix(o) : 0;
}

struct loaded {
	struct record_campaign campaign; /* the one asked for */
	struct history history;
};

static void loaded_done(struct loaded *l)
{
	record_campaign_done(&l->campaign);
	history_done(&l->history);
}

static int load(struct store *s, int64_t wanted, struct loaded *l)
{
	int r = wanted ? store_load(s, wanted, &l->campaign) : store_load_newest(s, &l->campaign);

	return r < 0 ? r : history_load(s, l->campaign.id, &l->history);
}

/* All campaigns of the record as one, without history. */
static int load_pool(struct store *s, struct loaded *l)
{
	struct record_campaign *campaigns cleanup(cleanup_free) = NULL;
	int64_t *ids cleanup(cleanup_free) = NULL;
	size_t n = 0, loaded = 0;
	int r = store_list(s, &ids, &n);

	if (r < 0)
		return r;
	campaigns = mem_alloc(n * sizeof(*campaigns));
	for (; r >= 0 && loaded < n; loaded++)
		r = store_load(s, ids[loaded], &campaigns[loaded]);
	if (r >= 0)
		pool_campaigns(campaigns, n, &l->campaign);
	else
		loaded--;
	while (loaded--)
		record_campaign_done(&campaigns[loaded]);
	return r;
}

static int write_all(const struct report_options *o, const struct loaded *l)
{
	struct report_input in = {
		.campaign = &l->campaign, .history = l->history.campaigns, .n_history = l->history.n
	};
	const struct wanted text = { o->by_libc ? matrix_find("text") : report_find("text"), "-" };
	int status = 0;

	in.colour = terminal_has_colour(STDOUT_FILENO);
	in.width = terminal_width(STDOUT_FILENO);
	for (size_t i = 0; i < (o->n_wanted ? o->n_wanted : 1); i++) {
		const struct wanted *w = o->n_wanted ? &o->wanted[i] : &text;
		int r = report_write(w->format, &in, w->path);

		if (r < 0) {
			fprintf(stderr, "report: '%s': cannot write: %s\n", w->path, strerror(-r));
			status = EXIT_BROKEN;
		}
	}
	return status;
}

int cmd_report(int argc, char **argv)
{
	struct report_options o cleanup(options_done) = { 0 };
	struct store *s cleanup(cleanup_store) = NULL;
	struct loaded l cleanup(loaded_done) = { 0 };
	bool helped;
	int r;

	r = parse(argc, argv, &o, &helped);
	if (r || helped)
		return r;
	r = store_open(o.db, STORE_READ, &s);
	if (r >= 0)
		r = o.by_libc ? load_pool(s, &l) : load(s, o.campaign, &l);
	if (r < 0) {
		fprintf(stderr, "report: %s\n", store_error(s));
		return EXIT_USAGE;
	}
	r = write_all(&o, &l);
	/* Whether it hung was the question of `run`; here it is whether there is anything to
	 * report. */
	if (!r && !o.by_libc && campaign_status(&l.campaign) == EXIT_BROKEN)
		r = EXIT_BROKEN;
	return r;
}
