/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * each.h: the single tests of a test program as targets (`run --each`). One row a test runner knows
 * it, makes it list its tests, reads the list, and writes the command of one test.
 */
#ifndef RUNNER_PLAN_EACH_H
#define RUNNER_PLAN_EACH_H

#include "runner/plan/target.h"

#include <stdbool.h>

struct each_runner;

/* By the command's words, or by what its executable holds; NULL: none of the table. Pure. */
const struct each_runner *each_find(char *const *argv, const char *executable, size_t len);
const char *each_name(const struct each_runner *r); /* "pytest", "gtest", ... */

/* The names of the tests in what the runner has printed; the caller frees the list and each name.
 * Pure. */
char **each_parse(const struct each_runner *r, const char *text, size_t len, size_t *ret_n);

/* The command that lists the tests (test NULL), or that runs one of them. The caller frees with
 * each_argv_done(). Asks the file system which words are paths (pytest). */
char **each_argv(const struct each_runner *r, char *const *argv, const char *test);
void each_argv_done(char **argv);

/* Adds a target for each test of argv, called by the test's name, or NAME/test. Returns how many,
 * or -1 with *ret_why, which the caller frees. */
int each_add(struct target_list *l, char *const *argv, const char *name, char **ret_why);

#endif
