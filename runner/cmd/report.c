/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/report.c: `hangrate report`: every report again, from the record alone. */
#include "reports/matrix.h"
#include "reports/report.h"
#include "runner/cmd/cmd.h"
#include "runner/store/history.h"
#include "runner/store/pool.h"
#include "runner/store/store.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <inttypes.h>
#include <sys/ioctl.h>

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

static void put_help(void)
{
	puts("usage: hangrate report DB [--campaign N] [--FORMAT FILE]...\n\n"
	     "Shows the newest campaign of a record, or writes reports of it; - is standard "
	     "output.\n\n"
	     "  --campaign N        not the newest campaign but number N\n"
	     "  --by libc           all campaigns added up, libcs side by side (text, html, md, "
	     "csv)");
	for (const struct report_format *f = report_formats; f->name; f++)
		printf("  --%s F%*s%s\n", f->name, (int)(16 - strlen(f->name)), "", f->help);
	puts("  --help              this text");
}

static int usage(const char *object, const char *what)
{
	fprintf(stderr, "report: '%s': %s\n", object, what);
	return EXIT_USAGE;
}

static int parse_option(struct report_options *o, const char *name, const char *value)
{
	const struct report_format *f = report_find(name + 2);
	uint64_t n;

	if (strcmp(name, "--campaign") != 0 && strcmp(name, "--by") != 0 && !f)
		return usage(name, "no such option; see hangrate report --help");
	if (!value)
		return usage(name, "needs a value");
	if (!strcmp(name, "--by")) {
		if (strcmp(value, "libc") != 0)
			return usage(value, "only libc can be compared by");
		o->by_libc = true;
		return 0;
	}
	if (!f) {
		if (units_parse_u64(value, &n) < 0 || !n || n > INT64_MAX)
			return usage(value, "not the number of a campaign");
		o->campaign = (int64_t)n;
		return 0;
	}
	o->wanted = mem_grow(o->wanted, o->n_wanted, &o->cap_wanted, sizeof(*o->wanted));
	o->wanted[o->n_wanted++] = (struct wanted){ f, value };
	return 0;
}

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

/* "--name value" and "--name=value". */
static int parse(int argc, char **argv, struct report_options *o)
{
	for (int i = 1; i < argc; i++) {
		char *name cleanup(cleanup_free) = mem_strdup(argv[i]);
		char *value = strchr(name, '=');
		int r;

		if (strncmp(name, "--", 2) != 0) {
			if (o->db)
				return usage(argv[i], "one record at a time");
			o->db = argv[i];
			continue;
		}
		if (value) {
			*value = '\0';
			value = strchr(argv[i], '=') + 1;
		} else {
			value = argv[++i];
		}
		r = parse_option(o, name, value);
		if (r)
			return r;
	}
	if (!o->db)
		return usage("DB", "which record? See hangrate report --help");
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
	const char *no_colour = getenv("NO_COLOR");
	struct winsize size;
	int status = 0;

	if (isatty(STDOUT_FILENO)) {
		in.colour = !no_colour || !*no_colour;
		in.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
	}
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
	int r;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			put_help();
			return EXIT_MET;
		}
	}
	r = parse(argc, argv, &o);
	if (r)
		return r;
	r = store_open(o.db, STORE_READ, &s);
	if (r >= 0)
		r = o.by_libc ? load_pool(s, &l) : load(s, o.campaign, &l);
	if (r < 0) {
		fprintf(stderr, "report: %s\n", store_error(s));
		return EXIT_USAGE;
	}
	return write_all(&o, &l);
}
