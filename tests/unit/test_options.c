/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/cmd.h"
#include "runner/plan/options.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>

#define PARSE(o, ...) parse(o, (char *[]){ "run", __VA_ARGS__, NULL })

/* The options point into the array, and a literal within cr_assert_eq() ends with its block. */
static enum option_result parse(struct run_options *o, char **argv)
{
	static char *kept[64];
	int argc = 0;

	for (; argv[argc]; argc++) {
		cr_assert_lt(argc, (int)ARRAY_SIZE(kept) - 1);
		kept[argc] = argv[argc];
	}
	kept[argc] = NULL;
	return run_options_parse(argc, kept, o);
}

Test(options, defaults)
{
	struct run_options o;

	cr_assert_eq(parse(&o, (char *[]){ "run", NULL }), OPTION_RUN);
	cr_expect_eq(o.trials, 100);
	cr_expect_geq(o.jobs, 1);
	cr_expect_str_eq(o.db, "hangrate.db");
	cr_expect_eq(o.shards, 1);
	cr_expect_null(o.program);
	cr_expect_eq(o.n_patterns, 0);
}

Test(options, all_kinds)
{
	struct run_options o;

	cr_assert_eq(PARSE(&o, "-n", "5", "-j3", "--timeout=2s", "--seed", "18446744073709551615",
			     "--shard", "2/4", "--audit", "5%", "--db", "none", "--json", "-",
			     "--isolate", "--sweep", "a=1", "--inject", "x:delay_enter=1ms", "one",
			     "two/b"),
		OPTION_RUN);
	cr_expect_eq(o.trials, 5);
	cr_expect_eq(o.jobs, 3);
	cr_expect_eq(o.timeout_ns, 2 * NSEC_PER_SEC);
	cr_expect_eq(o.seed, UINT64_MAX);
	cr_expect(o.shard == 2 && o.shards == 4);
	cr_expect_float_eq(o.audit, 0.05, 1e-12);
	cr_expect_null(o.db);
	cr_expect(o.isolate);
	cr_assert_eq(o.n_reports, 1);
	cr_expect_str_eq(o.reports[0].format, "json");
	cr_expect_str_eq(o.sweep[0], "a=1");
	cr_expect_str_eq(o.inject[0], "x:delay_enter=1ms");
	cr_assert_eq(o.n_patterns, 2);
	cr_expect_str_eq(o.patterns[1], "two/b");
}

Test(options, program)
{
	struct run_options o;

	cr_assert_eq(PARSE(&o, "-n", "5", "--", "prog", "-x", "--", "y"), OPTION_RUN);
	cr_expect_str_eq(o.program[0], "prog");
	cr_expect_str_eq(o.program[1], "-x");
	cr_expect_str_eq(o.program[2], "--");
	cr_expect_str_eq(o.program[3], "y");
	cr_expect_eq(o.n_patterns, 0);
}

Test(options, mixed_with_patterns)
{
	struct run_options o;

	cr_assert_eq(PARSE(&o, "one", "-n", "5", "two"), OPTION_RUN);
	cr_expect_eq(o.trials, 5);
	cr_assert_eq(o.n_patterns, 2);
	cr_expect_str_eq(o.patterns[0], "one");
	cr_expect_str_eq(o.patterns[1], "two");
}

Test(options, budget_without_trials_means_no_limit_of_trials)
{
	struct run_options o;

	cr_assert_eq(PARSE(&o, "--budget", "3m"), OPTION_RUN);
	cr_expect_eq(o.trials, UINT64_MAX);
	cr_assert_eq(PARSE(&o, "--budget", "3m", "-n", "7"), OPTION_RUN);
	cr_expect_eq(o.trials, 7);
}

Test(options, decide)
{
	struct run_options o;

	cr_assert_eq(PARSE(&o, "--decide", "0.1%:0.02"), OPTION_RUN);
	cr_expect_float_eq(o.decide.low, 0.001, 1e-15);
	cr_expect_float_eq(o.decide.high, 0.02, 1e-15);
	cr_expect_eq(o.trials, UINT64_MAX);
	cr_expect_not(o.until_hang);
	cr_assert_eq(PARSE(&o, "--until-hang"), OPTION_RUN);
	cr_expect(o.until_hang);
	cr_expect_eq(o.trials, 100);
}

static void expect_line(char **argv, const char *line)
{
	struct run_options o;

	cr_redirect_stderr();
	cr_expect_eq(parse(&o, argv), OPTION_WRONG);
	fflush(stderr);
	cr_expect_stderr_eq_str(line);
}

#define SEE "; see hangrate run --help\n"

Test(options, unknown)
{
	expect_line((char *[]){ "run", "--no-such", NULL }, "run: '--no-such': no such option" SEE);
}

Test(options, unknown_behind_a_pattern)
{
	expect_line((char *[]){ "run", "x", "-zj", NULL }, "run: '-z': no such option" SEE);
}

Test(options, no_value)
{
	expect_line((char *[]){ "run", "--trials", NULL }, "run: '--trials': needs a value" SEE);
}

Test(options, bad_number)
{
	expect_line(
		(char *[]){ "run", "-n", "many", NULL }, "run: --trials 'many': not a valid N" SEE);
}

Test(options, zero_trials)
{
	expect_line((char *[]){ "run", "-n", "0", NULL }, "run: --trials '0': not a valid N" SEE);
}

Test(options, bad_shard)
{
	expect_line((char *[]){ "run", "--shard", "3/2", NULL },
		"run: --shard '3/2': not a valid I/N" SEE);
}

Test(options, shard_of_more_than_there_can_be)
{
	expect_line((char *[]){ "run", "--shard", "1/4294967297", NULL },
		"run: --shard '1/4294967297': not a valid I/N" SEE);
}

Test(options, no_interval_is_of_no_width)
{
	expect_line((char *[]){ "run", "--ci-width", "0", NULL },
		"run: --ci-width '0': not a valid W" SEE);
}

Test(options, bad_sweep)
{
	expect_line((char *[]){ "run", "--sweep", "x", NULL },
		"run: --sweep 'x': not a valid KNOB=L,L" SEE);
}

Test(options, bad_decide)
{
	static const char *const bad[] = { "0.1", "0.2:0.1", "0.1:0.1", ":0.1", "0.1:", "0:2", "" };
	struct run_options o;

	cr_redirect_stderr();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(PARSE(&o, "--decide", (char *)bad[i]), OPTION_WRONG, "%s", bad[i]);
}

Test(options, no_program)
{
	expect_line((char *[]){ "run", "--", NULL }, "run: missing program after '--'" SEE);
}

Test(options, scenario_and_program)
{
	expect_line((char *[]){ "run", "x", "--", "y", NULL },
		"run: 'x': a scenario and a program" SEE);
}

Test(options, help)
{
	struct run_options o;

	cr_redirect_stdout();
	cr_expect_eq(PARSE(&o, "--help"), OPTION_HELPED);
}

/* --- the tables of all commands --- */

static const struct option_table *const tables[] = {
	&run_option_table,
	&cmd_list_options,
	&cmd_why_options,
	&cmd_report_options,
	&cmd_merge_options,
	&cmd_check_options,
	&cmd_repro_options,
	&cmd_lint_options,
};

Test(options, rows_of_every_command_are_whole)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct option_table *t = tables[i];
		bool help = false;

		for (size_t k = 0; k < t->n_rows; k++) {
			const struct option_row *row = &t->rows[k];
			bool takes_none = row->kind == OPTION_HELP || row->kind == OPTION_FLAG;

			help = help || row->kind == OPTION_HELP;
			cr_expect(row->help && *row->help, "%s --%s", t->command, row->name);
			cr_expect_eq(!row->value, takes_none, "%s --%s", t->command, row->name);
			cr_expect(row->kind < OPTION_OWN || t->own);
			for (size_t m = 0; m < k; m++) {
				cr_expect_str_neq(row->name, t->rows[m].name);
				cr_expect(!row->letter || row->letter != t->rows[m].letter);
			}
		}
		cr_expect(help, "%s has no --help", t->command);
	}
}

struct small {
	bool flag;
	const char *text;
	uint64_t number, count;
	int64_t duration;
	double share;
};

static const struct option_row small_rows[] = {
	{ "flag", 'f', OPTION_FLAG, offsetof(struct small, flag), NULL, "help" },
	{ "text", 0, OPTION_TEXT, offsetof(struct small, text), "T", "help" },
	{ "number", 0, OPTION_NUMBER, offsetof(struct small, number), "N", "help" },
	{ "count", 'c', OPTION_COUNT, offsetof(struct small, count), "N", "help" },
	{ "duration", 0, OPTION_DURATION, offsetof(struct small, duration), "D", "help" },
	{ "share", 0, OPTION_SHARE, offsetof(struct small, share), "P", "help" },
	OPTION_ROW_HELP,
};

static const struct option_table small_table = {
	.command = "small",
	.usage = (const char *const[]){ "[options]", NULL },
	.about = "A command.",
	.rows = small_rows,
	.n_rows = ARRAY_SIZE(small_rows),
};

Test(options, every_kind_goes_to_its_member)
{
	char *argv[] = { "small", "-f", "--text", "x", "--number=0", "-c", "7", "--duration", "2s",
		"--share", "5%", "rest", NULL };
	struct small s = { 0 };
	int first;

	cr_assert_eq(option_parse(&small_table, 12, argv, &s, &first), OPTION_RUN);
	cr_expect(s.flag);
	cr_expect_str_eq(s.text, "x");
	cr_expect(s.number == 0 && s.count == 7);
	cr_expect_eq(s.duration, 2 * NSEC_PER_SEC);
	cr_expect_float_eq(s.share, 0.05, 1e-12);
	cr_expect_str_eq(argv[first], "rest");
}

Test(options, invalid_value_is_named, .init = cr_redirect_stderr)
{
	char *argv[] = { "small", "--count", "0", NULL };
	struct small s = { 0 };
	int first;

	cr_assert_eq(option_parse(&small_table, 3, argv, &s, &first), OPTION_WRONG);
	fflush(stderr);
	cr_assert_stderr_eq_str("small: --count '0': not a valid N; see hangrate small --help\n");
}
