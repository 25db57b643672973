/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/learned.h: what one campaign learned for the next, as small files below
 * $XDG_CACHE_HOME/hangrate (or ~/.cache). Missing, unreadable or unwritable: nothing is remembered,
 * which is no error.
 */
#ifndef RUNNER_INJECT_LEARNED_H
#define RUNNER_INJECT_LEARNED_H

#include <stddef.h>

/* The text of the file "KIND-NAME", NULL: none, or an empty name. The caller frees it. */
char *learned_read(const char *kind, const char *name, size_t *ret_len);
void learned_write(const char *kind, const char *name, const char *text);

#endif
