/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask.h: runs an executable with --describe under a deadline and takes what it prints. One that
 * hangs, crashes or prints something else is an error of that one executable, never of the command.
 */
#ifndef RUNNER_PLAN_ASK_H
#define RUNNER_PLAN_ASK_H

#include <stddef.h>
#include <stdint.h>

/* 0 with *ret_text (freed by the caller, NUL behind it), or -1 with *ret_why a static sentence. */
int ask_describe(const char *path, int64_t deadline_ns, char **ret_text, size_t *ret_len,
	const char **ret_why);

/* What a program prints, whatever status it ends with; looked up in PATH. 0 or -errno: -ETIMEDOUT,
 * -EFBIG. */
int ask_program(char *const *argv, int64_t deadline_ns, char **ret_text, size_t *ret_len);

#endif
