/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * option.h: the options of a command as one table. Parsing, messages, --help and shell completion
 * all come from it; a new option is one row.
 */
#ifndef RUNNER_BASE_OPTION_H
#define RUNNER_BASE_OPTION_H

#include "runner/base/exit_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a value is read, and the type of the member that it goes to. */
enum option_kind {
	OPTION_HELP,
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char *, borrowed from argv */
	OPTION_NUMBER,   /* uint64_t */
	OPTION_COUNT,    /* uint64_t, at least 1 */
	OPTION_DURATION, /* int64_t, nanoseconds, more than 0 */
	OPTION_SHARE,    /* double, a probability */
	OPTION_OWN,      /* this and above: the command's own, read by its function */
};

struct option_row {
	const char *name;
	char letter; /* 0: none */
	int kind;
	size_t offset;     /* of the member, in the struct that option_parse() fills */
	const char *value; /* what --help calls it; NULL: takes none */
	const char *help;
};

#define OPTION_ROW_HELP                                        \
	{                                                      \
		"help", 'h', OPTION_HELP, 0, NULL, "this text" \
	}

struct option_table {
	const char *command;
	const char *const *usage; /* what follows the command, one string a form, NULL-terminated */
	const char *about;
	const struct option_row *rows;
	size_t n_rows;
	const char *status; /* the exit statuses; NULL: not said */
	bool program;       /* options end at the first argument that is none */
	/* Reads a value of the command's own kind. 0, or -1: it is not valid. */
	int (*own)(const struct option_row *row, const char *value, void *into);
};

enum option_result {
	OPTION_RUN = 0,
	OPTION_HELPED, /* --help was printed */
	OPTION_WRONG,  /* one line was printed to standard error */
};

/* Fills the struct at `into`, which holds the defaults; argv may be reordered. *ret_first is the
 * index of the first argument that is no option. */
enum option_result option_parse(
	const struct option_table *t, int argc, char **argv, void *into, int *ret_first);
/* What a command ends with that has nothing more to do. */
static inline int option_exit(enum option_result r)
{
	return r == OPTION_HELPED ? EXIT_MET : EXIT_USAGE;
}
/* One line, "COMMAND: 'object': what; see hangrate COMMAND --help". */
enum option_result option_wrong(const struct option_table *t, const char *object, const char *what);
/* Words at blanks, in lines of at most 80 columns: the first goes on at column `at`, the others are
 * indented. Ends the line. */
void option_print_wrapped(FILE *out, const char *text, int indent, int at);
void option_print_help(const struct option_table *t, FILE *out);
/* For completion: a line "COMMAND<tab>--NAME<tab>VALUE<tab>HELP" for each option. */
void option_print_rows(const struct option_table *t, FILE *out);

#endif
