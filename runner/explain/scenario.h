/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/scenario.h: which scenario of the catalogue is of a cause's kind. A scenario says so
 * itself, in its field `cause` (lib/scenario.h); make/causes.mk links all of them in as text, so
 * that no scenario has to be run or found. Pure.
 */
#ifndef RUNNER_EXPLAIN_SCENARIO_H
#define RUNNER_EXPLAIN_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

/* A thread that takes part in a cause, in the words of lib/scenario.h. */
struct scenario_side {
	char *words; /* " lock python " */
	char *names; /* of locks and functions, for @NAME: "\nregistry\nsetenv\n" */
};

/* "NAME<tab>CAUSE" lines, as make/causes.sh writes them. */
extern const char scenario_causes[];

/* How well a cause fits what is stuck; 0: not at all. class: "lock-cycle unproven": any of them. */
unsigned int scenario_fit(
	const char *cause, const char *class, const struct scenario_side *sides, size_t n_sides);

/* The names of those that fit best, in the order of the list: fills at most max, returns how many.
 * They point into scenario_causes, and end with a tab. */
size_t scenario_find(const char *causes, const char *class, const struct scenario_side *sides,
	size_t n_sides, const char **ret_names, size_t max);

#endif
