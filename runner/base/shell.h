/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell.h: words as a shell reads them back. Pure; the caller frees what is returned.
 */
#ifndef RUNNER_BASE_SHELL_H
#define RUNNER_BASE_SHELL_H

/* The word, in '...' unless it is plain; a ' in it becomes '\'' (POSIX.1-2024, XCU 2.2.2). */
char *shell_quote(const char *word);
/* first, and behind it argv up to its NULL, quoted, with a blank between any two. */
char *shell_join(const char *first, char *const *argv);

#endif
