/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/options.h"

#include "runner/base/units.h"
#include "runner/base/util.h"
#include "runner/record/formats.h"

#include <getopt.h>
#include <sys/random.h>
#include <sys/sysinfo.h>

/* How an option's value is read; one row in the table below is all that a plain option needs. */
enum kind {
	COUNT,
	JOBS,
	DURATION,
	WIDTH,
	RATES,
	SHARE,
	SEED,
	TEXT,
	FLAG,
	SHARD,
	SWEEP,
	INJECT,
	REPORT,
	HELP
};

struct row {
	const char *name;
	char letter;
	enum kind kind;
	size_t offset;     /* into struct run_options */
	const char *value; /* what --help calls it; NULL: takes none */
	const char *help;
};

#define AT(field) offsetof(struct run_options, field)
#define REPORT_ROW(name, help) { #name, 0, REPORT, 0, "F", help },
static const struct row rows[] = {
	{ "trials", 'n', COUNT, AT(trials), "N", "trials a cell (default 100)" },
	{ "ci-width", 0, WIDTH, AT(ci_width), "W", "stop a cell when its interval is this narrow" },
	{ "decide", 0, RATES, 0, "P0:P1", "stop a cell when P(hang) is above P0, or below P1" },
	{ "until-hang", 0, FLAG, AT(until_hang), NULL, "stop at the first hang" },
	{ "budget", 0, DURATION, AT(budget_ns), "T", "start no trial after this time: 90s, 3m" },
	{ "jobs", 'j', JOBS, AT(jobs), "N", "trials at once (default: the CPUs)" },
	{ "timeout", 0, DURATION, AT(timeout_ns), "T",
		"deadline of a trial (default: from clean trials, at least 1s)" },
	{ "isolate", 0, FLAG, AT(isolate), NULL, "own network, pid and ipc namespaces a trial" },
	{ "seed", 0, SEED, AT(seed), "S", "repeat a plan: same seed, same trials" },
	{ "inject", 0, INJECT, 0, "RULE", "WHERE:delay_enter=D,p=P,when=N+ (repeatable)" },
	{ "sweep", 0, SWEEP, 0, "KNOB=L,L", "levels of a knob instead of its own (repeatable)" },
	{ "name", 0, TEXT, AT(name), "NAME",
		"call the program so, and compare it with what had that name" },
	{ "scenarios", 0, TEXT, AT(scenarios_dir), "DIR",
		"where scenarios were built (default build)" },
	{ "shard", 0, SHARD, 0, "I/N", "run the I-th of N parts of the plan" },
	{ "audit", 0, SHARE, AT(audit), "P", "keep this share of proven trials to their deadline" },
	{ "db", 0, TEXT, AT(db), "F",
		"the record, appended to (default hangrate.db; none: no record)" },
	RECORD_FORMATS(REPORT_ROW){ "quiet", 'q', FLAG, AT(quiet), NULL, "no progress" },
	{ "help", 'h', HELP, 0, NULL, "this text" },
};

static void print_help(void)
{
	puts("usage: hangrate run [options] [[!]SCENARIO[/VARIANT]...]\n"
	     "       hangrate run [options] -- PROGRAM [ARG...]\n\n"
	     "Runs scenarios, or any program, again and again and reports how often it hangs, and "
	     "why.\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[40];

		snprintf(name, sizeof(name), "--%s %s", rows[i].name,
			rows[i].value ? rows[i].value : "");
		if (rows[i].letter)
			printf("  -%c, %-20s %s\n", rows[i].letter, name, rows[i].help);
		else
			printf("      %-20s %s\n", name,
				rows[i].help ? rows[i].help : "the same as");
	}
	puts("\nExit status: 0 all expectations met (a program: it never hung), 1 not, 2 usage,\n"
	     "3 broken trials or a false proof, 130 interrupted.");
}

static int parse_shard(const char *s, struct run_options *o)
{
	unsigned int i, n;
	int end = 0;

	if (sscanf(s, "%u/%u%n", &i, &n, &end) != 2 || s[end] || i < 1 || i > n)
		return -1;
	o->shard = i;
	o->shards = n;
	return 0;
}

/* Two different probabilities, the smaller first. */
static int parse_rates(const char *s, struct run_options *o)
{
	const char *colon = strchr(s, ':');
	cleanup(cleanup_free) char *first = mem_strndup(s, colon ? (size_t)(colon - s) : 0);
	double low, high;

	if (!colon || units_parse_probability(first, &low) ||
		units_parse_probability(colon + 1, &high) || !(low < high))
		return -1;
	o->decide.low = low;
	o->decide.high = high;
	return 0;
}

static int parse_plain(const struct row *row, const char *value, struct run_options *o)
{
	void *at = (char *)o + row->offset;
	uint64_t n;

	switch (row->kind) {
	case COUNT:
		o->trials_given = true;
		return units_parse_u64(value, at) || !*(uint64_t *)at ? -1 : 0;
	case SEED:
		return units_parse_u64(value, at);
	case JOBS:
		if (units_parse_u64(value, &n) || n < 1 || n > 1024)
			return -1;
		*(int *)at = (int)n;
		return 0;
	case DURATION:
		return units_parse_duration(value, at) || !*(int64_t *)at ? -1 : 0;
	case WIDTH:
	case SHARE:
		return units_parse_probability(value, at);
	case TEXT:
		*(const char **)at = value;
		return 0;
	case FLAG:
		*(bool *)at = true;
		return 0;
	default:
		return -1;
	}
}

static int append(const char **list, size_t max, size_t *n, const char *value)
{
	if (*n == max)
		return -1;
	list[(*n)++] = value;
	return 0;
}

static int parse_value(const struct row *row, const char *value, struct run_options *o)
{
	switch (row->kind) {
	case SHARD:
		return parse_shard(value, o);
	case RATES:
		return parse_rates(value, o);
	case SWEEP:
		return strchr(value, '=')
			       ? append(o->sweep, OPTIONS_MAX_SWEEPS, &o->n_sweeps, value)
			       : -1;
	case INJECT:
		return append(o->inject, OPTIONS_MAX_INJECTS, &o->n_injects, value);
	case REPORT:
		if (o->n_reports == OPTIONS_MAX_REPORTS)
			return -1;
		o->reports[o->n_reports].format = row->name;
		o->reports[o->n_reports++].path = value;
		return 0;
	default:
		return parse_plain(row, value, o);
	}
}

static enum options_result parse_all(int argc, char **argv, const struct option *longs,
	const char *shorts, struct run_options *o)
{
	int c;

	opterr = 0;
	optind = 0; /* glibc: start over, also after an earlier parse */
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct row *row = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(rows) && c != '?' && c != ':'; i++)
			if (c == (int)(256 + i) || (rows[i].letter && c == rows[i].letter))
				row = &rows[i];
		if (!row) {
			char letter[] = { '-', (char)optopt, 0 };

			fprintf(stderr, "run: '%s': %s; see hangrate run --help\n",
				optopt > 0 && optopt < 256 ? letter : argv[optind - 1],
				c == ':' ? "needs a value" : "no such option");
			return OPTIONS_WRONG;
		}
		if (row->kind == HELP) {
			print_help();
			return OPTIONS_HELP;
		}
		if (parse_value(row, optarg, o) < 0) {
			fprintf(stderr, "run: --%s '%s': not a valid %s; see hangrate run --help\n",
				row->name, optarg, row->value);
			return OPTIONS_WRONG;
		}
	}
	return OPTIONS_RUN;
}

/* A program stands behind the first "--", whole; before it options and patterns may be mixed. */
static enum options_result take_program(int *argc, char **argv, struct run_options *o)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == *argc) {
			fputs("run: '--': no program behind it; see hangrate run --help\n", stderr);
			return OPTIONS_WRONG;
		}
		o->program = argv + i + 1;
		*argc = i;
		break;
	}
	return OPTIONS_RUN;
}

static enum options_result take_patterns(int argc, char **argv, struct run_options *o)
{
	o->patterns = argv + optind;
	o->n_patterns = (size_t)(argc - optind);
	if (!o->program || !o->n_patterns)
		return OPTIONS_RUN;
	fprintf(stderr, "run: '%s': a scenario and a program; see hangrate run --help\n",
		o->patterns[0]);
	return OPTIONS_WRONG;
}

enum options_result options_parse(int argc, char **argv, struct run_options *ret_options)
{
	struct run_options o = {
		.trials = 100,
		.jobs = get_nprocs(),
		.shard = 1,
		.shards = 1,
		.db = "hangrate.db",
		.scenarios_dir = "build",
	};
	struct option longs[ARRAY_SIZE(rows) + 1] = {};
	char shorts[2 * ARRAY_SIZE(rows) + 3] = ":";
	size_t n = 1;
	enum options_result r;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		longs[i] = (struct option){ rows[i].name,
			rows[i].value ? required_argument : no_argument, NULL, (int)(256 + i) };
		if (rows[i].letter) {
			shorts[n++] = rows[i].letter;
			if (rows[i].value)
				shorts[n++] = ':';
		}
	}
	if (getrandom(&o.seed, sizeof(o.seed), 0) != sizeof(o.seed))
		o.seed = (uint64_t)time_now_ns();
	o.seed >>= 16; /* short enough to be read out and typed */
	r = take_program(&argc, argv, &o);
	if (r == OPTIONS_RUN)
		r = parse_all(argc, argv, longs, shorts, &o);
	if (r == OPTIONS_RUN)
		r = take_patterns(argc, argv, &o);
	if (r != OPTIONS_RUN)
		return r;
	if (!strcmp(o.db, "none"))
		o.db = NULL;
	if ((o.budget_ns || o.ci_width > 0 || o.decide.high > 0) && !o.trials_given)
		o.trials = UINT64_MAX;
	*ret_options = o;
	return OPTIONS_RUN;
}
