/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * environ.h: environments put together. Pure.
 */
#ifndef RUNNER_BASE_ENVIRON_H
#define RUNNER_BASE_ENVIRON_H

#include <stddef.h>

/*
 * base with the "NAME=value" strings of each list of `more` in place of, or behind, those of the
 * same name. Lists are NULL-terminated; a NULL list is empty. The result is one allocation for
 * free(); the strings of base are borrowed, the others copied into it.
 */
char **environ_merge(char *const *base, char *const *const *more, size_t n_more);

#endif
