/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd.h: the commands. One file NAME.c each, one row in main.c.
 *
 * A command gets argv with its own name first. It alone writes messages: one line to standard
 * error, "NAME: 'object': what is wrong". Data goes to standard output and nothing else does.
 */
#ifndef RUNNER_CMD_CMD_H
#define RUNNER_CMD_CMD_H

#include "runner/base/exit_status.h"
#include "runner/base/option.h"

struct command {
	const struct option_table *options; /* its name and its usage too */
	const char *summary;
	int (*run)(int argc, char **argv);
};

/* Each command: its function, and the table that --help, messages and completion come from. */
int cmd_run(int argc, char **argv); /* its table: runner/plan/options.h */
int cmd_list(int argc, char **argv);
extern const struct option_table cmd_list_options;
int cmd_why(int argc, char **argv);
extern const struct option_table cmd_why_options;
int cmd_report(int argc, char **argv);
extern const struct option_table cmd_report_options;
int cmd_check(int argc, char **argv);
extern const struct option_table cmd_check_options;
int cmd_merge(int argc, char **argv);
extern const struct option_table cmd_merge_options;
int cmd_lint(int argc, char **argv);
extern const struct option_table cmd_lint_options;
int cmd_plan(int argc, char **argv);
extern const struct option_table cmd_plan_options;
int cmd_repro(int argc, char **argv);
extern const struct option_table cmd_repro_options;
int cmd_guard(int argc, char **argv);
extern const struct option_table cmd_guard_options;

#endif
