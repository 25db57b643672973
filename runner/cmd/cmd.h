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

struct command {
	const char *name;
	const char *usage; /* what stands behind the name */
	const char *summary;
	int (*run)(int argc, char **argv);
};

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_repro(int argc, char **argv);

#endif
