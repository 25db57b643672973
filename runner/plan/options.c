/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/options.h"

#include "runner/base/units.h"
#include "runner/base/util.h"
#include "runner/record/formats.h"
#include "runner/record/record.h"

#include <limits.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

/* How a value is read that no other command has. */
enum kind { TRIALS = OPTION_OWN, JOBS, SPAWN, RATES, SHARD, SWEEP, INJECT, REPORT, ENDS, WIDTH };

#define AT(field) offsetof(struct run_options, field)
#define REPORT_ROW(id, name, help) { name, 0, REPORT, 0, "F", help },
static const struct option_row rows[] = {
	{ "trials", 'n', TRIALS, AT(trials), "N", "trials a cell (default 100)" },
	{ "ci-width", 0, WIDTH, AT(ci_width), "W", "stop a cell when its interval is this narrow" },
	{ "decide", 0, RATES, 0, "P0:P1", "stop a cell when P(hang) is above P0, or below P1" },
	{ "until-hang", 0, OPTION_FLAG, AT(until_hang), NULL,
		"stop at the first hang (see --fail-on)" },
	{ "fail-on", 0, ENDS, 0, "WHAT", "exit with 1 on: hang (default), crash, fail, any" },
	{ "budget", 0, OPTION_DURATION, AT(budget_ns), "T",
		"start no trial after this time: 90s, 3m" },
	{ "jobs", 'j', JOBS, AT(jobs), "N", "trials at once (default: the CPUs)" },
	{ "timeout", 0, OPTION_DURATION, AT(timeout_ns), "T",
		"deadline of a trial (default: from clean trials, at least 1s)" },
	{ "isolate", 0, OPTION_FLAG, AT(isolate), NULL,
		"own network, pid, ipc and mount namespaces a trial" },
	{ "spawn", 0, SPAWN, 0, "HOW",
		"exec (default); zygote: load the program once and fork it for each trial" },
	{ "seed", 0, OPTION_NUMBER, AT(seed), "S", "repeat a plan: same seed, same trials" },
	{ "inject", 0, INJECT, 0, "RULE",
		"auto: search for hangs; or WHERE:delay_enter=D,p=P,when=N+ (repeatable)" },
	{ "sweep", 0, SWEEP, 0, "KNOB=L,L", "levels of a knob instead of its own (repeatable)" },
	{ "name", 0, OPTION_TEXT, AT(name), "NAME",
		"call the program so, and compare it with what had that name" },
	{ "each", 0, OPTION_FLAG, AT(each), NULL,
		"each test of a test program by itself: gtest, Catch2, ctest, pytest, go, cargo" },
	{ "scenarios", 0, OPTION_TEXT, AT(scenarios_dir), "DIR",
		"where scenarios were built (default build)" },
	{ "shard", 0, SHARD, 0, "I/N", "run the I-th of N parts of the plan" },
	{ "resume", 0, OPTION_FLAG, AT(resume), NULL,
		"go on where a runner of this plan was stopped (with --seed)" },
	{ "audit", 0, OPTION_SHARE, AT(audit), "P",
		"keep this share of proven trials to their deadline" },
	{ "db", 0, OPTION_TEXT, AT(db), "F",
		"the record, appended to (default hangrate.db; none: no record)" },
	RECORD_FORMATS(REPORT_ROW){ "quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "no progress" },
	{ "show-output", 0, OPTION_FLAG, AT(show_output), NULL,
		"show what trials that failed or crashed printed" },
	OPTION_ROW_HELP,
};

static int parse_shard(const char *s, struct run_options *o)
{
	const char *slash = strchr(s, '/');
	cleanup(cleanup_free) char *first = mem_strndup(s, slash ? (size_t)(slash - s) : 0);
	uint64_t i, n;

	if (!slash || units_parse_u64(first, &i) || units_parse_u64(slash + 1, &n) || i < 1 ||
		i > n || n > UINT_MAX)
		return -1;
	o->shard = (unsigned int)i;
	o->shards = (unsigned int)n;
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

static int parse_jobs(const char *value, struct run_options *o)
{
	uint64_t n;

	if (units_parse_u64(value, &n) || n < 1 || n > 1024)
		return -1;
	o->jobs = (int)n;
	return 0;
}

/* "hang,crash": several are joined. */
static int parse_ends(const char *s, struct run_options *o)
{
	static const struct {
		const char *name;
		unsigned int bits;
	} ends[] = { { "hang", RECORD_ON_HANG }, { "crash", RECORD_ON_CRASH },
		{ "fail", RECORD_ON_FAIL },
		{ "any", RECORD_ON_HANG | RECORD_ON_CRASH | RECORD_ON_FAIL } };

	o->fail_on = 0;
	for (const char *end; *s; s = end + (*end == ',')) {
		unsigned int bits = 0;

		end = s + strcspn(s, ",");
		for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
			if (strlen(ends[i].name) == (size_t)(end - s) &&
				!strncmp(ends[i].name, s, (size_t)(end - s)))
				bits = ends[i].bits;
		if (!bits)
			return -1;
		o->fail_on |= bits;
	}
	return o->fail_on ? 0 : -1;
}

static int append(const char **list, size_t max, size_t *n, const char *value)
{
	if (*n == max)
		return -1;
	list[(*n)++] = value;
	return 0;
}

static int parse_own(const struct option_row *row, const char *value, void *into)
{
	struct run_options *o = into;

	switch ((enum kind)row->kind) {
	case TRIALS:
		o->trials_given = true;
		return units_parse_u64(value, &o->trials) || !o->trials ? -1 : 0;
	case JOBS:
		return parse_jobs(value, o);
	case SPAWN:
		o->zygote = !strcmp(value, "zygote");
		return o->zygote || !strcmp(value, "exec") ? 0 : -1;
	case SHARD:
		return parse_shard(value, o);
	case RATES:
		return parse_rates(value, o);
	case WIDTH: /* none is as narrow as 0 */
		return units_parse_probability(value, &o->ci_width) || o->ci_width <= 0 ? -1 : 0;
	case ENDS:
		return parse_ends(value, o);
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
	}
	return -1;
}

const char options_default_db[] = "hangrate.db";

const struct option_table run_option_table = {
	.command = "run",
	.usage = (const char *const[]){ "[options] [[!]SCENARIO[/VARIANT]...]",
		"[options] -- PROGRAM [ARG...]", NULL },
	.about =
		"Runs scenarios, or any program, again and again and reports how often it hangs, and why.",
	.rows = rows,
	.n_rows = ARRAY_SIZE(rows),
	.status = "0 all expectations met (a program: it never hung), 1 not, 2 usage,\n"
		  "3 nothing measured (no trial passed, broken trials, a rule not applied),\n"
		  "130 interrupted",
	.own = parse_own,
};

static bool takes_value(const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value &&
			(!strncmp(arg, "--", 2)
					? !strcmp(arg + 2, rows[i].name)
					: rows[i].letter && arg[1] == rows[i].letter && !arg[2]))
			return true;
	return false;
}

/* "hangrate run ./prog --its-option": a path to something executable is no scenario. */
static bool is_path_of_program(const char *arg)
{
	struct stat st;

	return (arg[0] == '/' || !strncmp(arg, "./", 2) || !strncmp(arg, "../", 3)) &&
	       !stat(arg, &st) && S_ISREG(st.st_mode) && !access(arg, X_OK);
}

/* A program stands behind the first "--", whole, or is named by its path; before it options and
 * patterns may be mixed. */
static enum option_result take_program(int *argc, char **argv, struct run_options *o)
{
	for (int i = 1; i < *argc && strcmp(argv[i], "--"); i++) {
		if (argv[i][0] == '-' && takes_value(argv[i])) {
			i++;
		} else if (is_path_of_program(argv[i])) {
			o->program = argv + i;
			*argc = i;
			return OPTION_RUN;
		}
	}
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 == *argc) {
			fputs("run: missing program after '--'; see hangrate run --help\n", stderr);
			return OPTION_WRONG;
		}
		o->program = argv + i + 1;
		*argc = i;
		break;
	}
	return OPTION_RUN;
}

static enum option_result take_patterns(int argc, char **argv, int first, struct run_options *o)
{
	o->patterns = argv + first;
	o->n_patterns = (size_t)(argc - first);
	if (!o->program || !o->n_patterns)
		return OPTION_RUN;
	fprintf(stderr, "run: '%s': a scenario and a program; see hangrate run --help\n",
		o->patterns[0]);
	return OPTION_WRONG;
}

enum option_result run_options_parse(int argc, char **argv, struct run_options *ret_options)
{
	struct run_options o = {
		.trials = 100,
		.jobs = get_nprocs(),
		.shard = 1,
		.shards = 1,
		.db = options_default_db,
		.scenarios_dir = OPTIONS_DEFAULT_SCENARIOS,
	};
	enum option_result r;
	uint64_t drawn;
	int first;

	if (getrandom(&o.seed, sizeof(o.seed), 0) != sizeof(o.seed))
		o.seed = (uint64_t)time_now_ns();
	drawn = o.seed >>= 16; /* short enough to be read out and typed */
	r = take_program(&argc, argv, &o);
	if (r == OPTION_RUN)
		r = option_parse(&run_option_table, argc, argv, &o, &first);
	if (r == OPTION_RUN)
		r = take_patterns(argc, argv, first, &o);
	if (r != OPTION_RUN)
		return r;
	o.seed_drawn = o.seed == drawn;
	if (o.resume && (o.seed_drawn || !strcmp(o.db, "none")))
		return option_wrong(&run_option_table, "--resume",
			"needs --seed and a record, by which the plan is found again");
	if (o.zygote && o.isolate)
		return option_wrong(&run_option_table, "--spawn zygote",
			"cannot be combined with --isolate: a zygote has no namespaces for each trial");
	if (o.zygote && o.n_injects)
		return option_wrong(&run_option_table, "--spawn zygote",
			"cannot be combined with --inject: an injection starts with the program");
	if (!strcmp(o.db, "none"))
		o.db = NULL;
	if ((o.budget_ns || o.ci_width > 0 || o.decide.high > 0) && !o.trials_given)
		o.trials = UINT64_MAX;
	*ret_options = o;
	return OPTION_RUN;
}
