/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fold.h: what of the findings is an interpreter's business, by the stack of the call. A script's
 * author can't mend it one by one: it is one line of a report. Pure.
 */
#ifndef RUNNER_LINT_FOLD_H
#define RUNNER_LINT_FOLD_H

#include <stddef.h>

enum lint_fold {
	LINT_FOLD_NOT,
	LINT_FOLD_AFTER_FORK, /* the interpreter's own repair after a fork: no finding */
	LINT_FOLD_RUNS_CODE,  /* the child goes on to run the language: one finding for all calls */
	LINT_FOLD_COUNT,
};

/* stack: frames as text, innermost first. */
enum lint_fold lint_fold(char *const *stack, size_t n);

#endif
