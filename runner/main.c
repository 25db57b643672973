/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: the command table. */
#include "runner/campaign/canary.h"
#include "runner/cmd/cmd.h"
#include "runner/plan/options.h"
#include "runner/base/util.h"

static const struct command commands[] = {
	{ &run_option_table, "run trials, report P(hang)", cmd_run },
	{ &cmd_list_options, "show scenarios and what is expected of them", cmd_list },
	{ &cmd_why_options, "say whether a process tree is stuck, and why", cmd_why },
	{ &cmd_guard_options, "run a command as without us; when it hangs, say why and end it",
		cmd_guard },
	{ &cmd_report_options, "show a record, or write reports of it", cmd_report },
	{ &cmd_merge_options, "put the records of shards together", cmd_merge },
	{ &cmd_check_options, "did a cell get worse than in the nights before?", cmd_check },
	{ &cmd_repro_options, "the shortest command that shows a cause again", cmd_repro },
	{ &cmd_lint_options, "find what forked children do that they may not", cmd_lint },
};

static void print_help(FILE *out)
{
	fputs("hangrate measures how often a program hangs, and shows why.\n\nusage:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *const *form = commands[i].options->usage;

		fprintf(out, "  hangrate %-7s %-52s %s\n", commands[i].options->command, *form,
			commands[i].summary);
		while (*++form)
			fprintf(out, "  %*s %s\n", (int)sizeof("hangrate 1234567") - 1, "", *form);
	}
	fputs("\nhangrate COMMAND --help tells more; the man page hangrate(1) tells all.\n", out);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name)
		canary_main(name);
	if (!name) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		print_help(stdout);
		return EXIT_MET;
	}
	if (!strcmp(name, "--version")) {
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
	fprintf(stderr, "hangrate: '%s': no such command; see hangrate --help\n", name);
	return EXIT_USAGE;
}
