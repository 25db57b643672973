/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reports/repro.h"
#include "runner/base/shell.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect_command(const char *typed, const char *target, const char *variant,
	const char *label, const char *want)
{
	struct record_campaign c = { .seed = 7, .command = mem_strdup(typed) };
	struct record_cause cause = { .first_index = 16 };
	struct record_cell *cell = record_campaign_add_cell(&c);
	cleanup(cleanup_free) char *got = NULL;

	cell->target = mem_strdup(target);
	cell->variant = mem_strdup(variant);
	cell->inject = mem_strdup(label);
	got = repro_command(&c, cell, &cause);
	cr_expect_str_eq(got, want);
	record_campaign_done(&c);
}

Test(repro, scenario_with_levels)
{
	expect_command("hangrate run -n 1000 --scenarios build --timeout 2s -j 8", "mutex-held",
		"fork", "holding=10ms heap=64M",
		"hangrate run --scenarios build --timeout 2s --seed 7 -n 17 --until-hang --db none "
		"--sweep "
		"holding=10ms "
		"--sweep heap=64M mutex-held/fork");
}

Test(repro, program_with_rules_and_odd_arguments)
{
	expect_command("hangrate run --isolate '--inject=x' -- ./a 'b c' ''", "./a 'b c' ''", "",
		"write:delay_enter=exp(1ms),p=0.5;%net:delay_exit=0..5ms",
		"hangrate run --isolate --seed 7 -n 17 --until-hang --db none --inject "
		"'write:delay_enter=exp(1ms),p=0.5;%net:delay_exit=0..5ms' -- ./a 'b c' ''");
}

Test(repro, null_arm)
{
	expect_command("hangrate run s/v", "s", "v", "null(write:delay_enter=exp(1ms))",
		"hangrate run --seed 7 -n 17 --until-hang --db none --inject "
		"'write:delay_enter=exp(1ms)' s/v");
}

Test(repro, quotes_survive)
{
	expect_command("hangrate run -- sh -c 'echo '\\''x'\\'''", "sh", "", "",
		"hangrate run --seed 7 -n 17 --until-hang --db none -- sh -c 'echo '\\''x'\\'''");
}

Test(repro, without_a_typed_command)
{
	struct record_campaign c = { .seed = 7 };
	struct record_cell *cell = record_campaign_add_cell(&c);
	cleanup(cleanup_free) char *got = NULL;

	cell->target = mem_strdup("./a 1");
	cell->variant = mem_strdup("");
	cell->inject = mem_strdup("");
	got = repro_command(&c, cell, NULL);
	cr_expect_str_eq(got, "hangrate run --seed 7 -n 1 --db none -- ./a 1");
	record_campaign_done(&c);
}

/* A cause that came in the first of a hundred trials and never again needs more than one. */
Test(repro, a_rare_cause_gets_enough_trials)
{
	struct record_campaign c = { .seed = 7 };
	struct record_cause cause = { .count = 10 };
	struct record_cell *cell = record_campaign_add_cell(&c);
	cleanup(cleanup_free) char *got = NULL;

	cell->target = mem_strdup("./a");
	cell->variant = mem_strdup("");
	cell->inject = mem_strdup("");
	cell->count[VERDICT_PASS] = 90;
	cell->count[VERDICT_DEADLOCK] = 10;
	got = repro_command(&c, cell, &cause);
	cr_expect_str_eq(got, "hangrate run --seed 7 -n 29 --until-hang --db none -- ./a");
	record_campaign_done(&c);
}

/* What the recorder writes of a typed command is what the reader finds again. */
Test(repro, what_was_typed_comes_back)
{
	static char *const words[] = { "--", "./it's", "'", "a b", "", "x'y'z", "\\", "$HOME", "\"",
		"new\nline", NULL };
	static char *const typed[] = { "run", "-n", "5", "--", "./it's", "'", "a b", "", "x'y'z",
		"\\", "$HOME", "\"", "new\nline", NULL };
	struct record_campaign c = { .seed = 7, .command = shell_join("hangrate", typed) };
	struct record_cell *cell = record_campaign_add_cell(&c);
	size_t first = 0;
	char **argv;

	cell->target = mem_strdup("./it's");
	cell->variant = mem_strdup("");
	cell->inject = mem_strdup("");
	argv = repro_argv(&c, cell, NULL, "none");
	while (argv[first] && strcmp(argv[first], "--") != 0)
		first++;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!words[i])
			cr_expect_null(argv[first + i]);
		else
			cr_assert_str_eq(argv[first + i], words[i]);
	}
	repro_argv_free(argv);
	record_campaign_done(&c);
}

static void expect_quoted(const char *word, const char *want)
{
	cleanup(cleanup_free) char *got = shell_quote(word);

	cr_expect_str_eq(got, want);
}

Test(shell, quote)
{
	expect_quoted("plain-word_1./=:,+%@", "plain-word_1./=:,+%@");
	expect_quoted("", "''");
	expect_quoted("two words", "'two words'");
	expect_quoted("it's", "'it'\\''s'");
	expect_quoted("'", "''\\'''");
	expect_quoted("$(x)", "'$(x)'");
}

/* A real shell agrees. */
Test(shell, a_shell_reads_it_back)
{
	static char *const words[] = { "it's", "a  b", "\\'\"", "", "$x;`y`", "*", "~", NULL };
	cleanup(cleanup_free) char *line = shell_join("printf '%s|'", words);
	cleanup(cleanup_free) char *buf = mem_alloc(200);
	FILE *f = popen(line, "r");

	cr_assert_not_null(f);
	buf[fread(buf, 1, 199, f)] = 0;
	cr_expect_eq(pclose(f), 0);
	cr_expect_str_eq(buf, "it's|a  b|\\'\"||$x;`y`|*|~|");
}
