/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: the command table. */
#include "runner/campaign/canary.h"
#include "runner/cmd/cmd.h"
#include "runner/plan/options.h"
#include "runner/base/nearest.h"
#include "runner/base/util.h"

#include <errno.h>

static const struct command commands[] = {
	{ &run_option_table, "run trials, report P(hang)", cmd_run },
	{ &cmd_list_options, "show scenarios and what is expected of them", cmd_list },
	{ &cmd_why_options, "say whether a process tree is stuck, and why", cmd_why },
	{ &cmd_guard_options, "run a command as without us; when it hangs, say why and end it",
		cmd_guard },
	{ &cmd_report_options, "show a record, or write reports of it", cmd_report },
	{ &cmd_plan_options, "cut a campaign into shards for several machines", cmd_plan },
	{ &cmd_merge_options, "put the records of shards together", cmd_merge },
	{ &cmd_check_options, "did a cell get worse than in the nights before?", cmd_check },
	{ &cmd_repro_options, "the shortest command that shows a cause again", cmd_repro },
	{ &cmd_lint_options, "find what forked children do that they may not", cmd_lint },
};

static void print_help(FILE *out)
{
	fputs("hangrate measures how often a program hangs, and shows why.\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *const *form = commands[i].options->usage;

		fprintf(out, "\n  %s\n", commands[i].summary);
		for (; *form; form++) {
			int at = fprintf(out, "    hangrate %s ", commands[i].options->command);

			option_print_wrapped(out, *form, 8, at);
		}
	}
	fputs("\nhangrate COMMAND --help tells more; the man page hangrate(1) tells all.\n", out);
}

/* The options that stand before any command. */
static const char *const own_options[] = { "--help", "--version" };

static int no_such_command(const char *name)
{
	unsigned int best = nearest_limit(name) + 1;
	const char *meant = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *command = commands[i].options->command;
		unsigned int d = nearest_distance(name, command);

		if (d < best) {
			best = d;
			meant = command;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(own_options); i++) {
		if (nearest_distance(name, own_options[i]) < best) {
			best = nearest_distance(name, own_options[i]);
			meant = own_options[i];
		}
	}
	fprintf(stderr, "hangrate: '%s': no such command%s%s%s; see hangrate --help\n", name,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
	return EXIT_USAGE;
}

static int dispatch(const char *name, int argc, char **argv)
{
	if (!name) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return EXIT_MET;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("hangrate " HANGRATE_VERSION);
		return EXIT_MET;
	}
	/* For the shell's completion: every option of every command. */
	if (!strcmp(name, "--options")) {
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
			option_print_rows(commands[i].options, stdout);
		return EXIT_MET;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].options->command, name))
			return commands[i].run(argc - 1, argv + 1);
	return no_such_command(name);
}

/* Commands that write reports have looked already; help, versions and lists are written here. */
static bool is_all_written(void)
{
	if (!ferror(stdout) && fflush(stdout) == 0)
		return true;
	fprintf(stderr, "hangrate: standard output: %s\n", strerror(errno));
	return false;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	int status;

	if (name)
		canary_main(name);
	status = dispatch(name, argc, argv);
	return status == EXIT_MET && !is_all_written() ? EXIT_BROKEN : status;
}
