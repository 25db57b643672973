/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * printable.h: makes text of foreign origin safe to print. Names of programs, threads, files,
 * symbols and arguments belong to the target, which may put anything into them: control sequences
 * that a terminal obeys, marks that turn the reading direction round, bytes that are no UTF-8 (and
 * so break JSON and XML).
 */
#ifndef RUNNER_BASE_PRINTABLE_H
#define RUNNER_BASE_PRINTABLE_H

#include <stddef.h>

/* A copy in which each character that could do harm is a '?'. What stays is valid UTF-8 on one
 * line, legal in JSON and XML. The caller frees it. n bytes, which may hold NULs. */
char *printable_copy(const char *text, size_t n);
/* The same in place, up to the NUL: the text never gets longer. */
void printable_clean(char *text);

#endif
