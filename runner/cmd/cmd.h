/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd.h: the commands. One file cmd_NAME.c each, one row in main.c.
 *
 * A command gets argv with its own name first. It alone writes messages: one line to standard
 * error, "NAME: 'object': what is wrong". Data goes to standard output and nothing else does.
 */
#ifndef RUNNER_CMD_CMD_H
#define RUNNER_CMD_CMD_H

/* Documented once, in the man page section EXIT STATUS. */
enum exit_status {
	EXIT_MET = 0, /* all expectations met; a user's program never hung */
	EXIT_NOT_MET = 1,
	EXIT_USAGE = 2,  /* bad option, unknown scenario, unreadable input */
	EXIT_BROKEN = 3, /* broken trials, a false proof, the instrument or its output failed */
	EXIT_INTERRUPTED = 130,
};

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
