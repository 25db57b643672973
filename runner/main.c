/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: the command table. */
#include "runner/campaign/canary.h"
#include "runner/cmd/cmd.h"
#include "runner/base/util.h"

static const struct command commands[] = {
	{ "run", "[options] [SCENARIO[/VARIANT]... | -- PROGRAM [ARG...]]",
		"run trials, report P(hang)", cmd_run },
	{ "list", "[--json] [SCENARIO...]", "show scenarios and what is expected of them",
		cmd_list },
	{ "why", "PID [--json | --dot] [--stacks]", "say whether a process tree is stuck, and why",
		cmd_why },
	{ "report", "DB [--campaign N] [--FORMAT F]...", "show a record, or write reports of it",
		cmd_report },
	{ "merge", "OUT DB...", "put the records of shards together", cmd_merge },
	{ "check", "DB --baseline DB [--confirm] | --bisect -- RUN-ARGUMENTS",
		"did a cell get worse than in the nights before?", cmd_check },
	{ "repro", "DB [CAUSE [--run]]", "the shortest command that shows a cause again",
		cmd_repro },
	{ "lint", "[--runs N] -- PROGRAM [ARG...]",
		"find what forked children do that they may not", cmd_lint },
	{ NULL },
};

static void print_help(FILE *out)
{
	fputs("hangrate measures how often a program hangs, and shows why.\n\nusage:\n", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  hangrate %-7s %-52s %s\n", c->name, c->usage, c->summary);
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
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "hangrate: '%s': no such command; see hangrate --help\n", name);
	return EXIT_USAGE;
}
