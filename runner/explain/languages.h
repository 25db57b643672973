/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/languages.h: the languages that there are, for the table in languages.c.
 */
#ifndef RUNNER_EXPLAIN_LANGUAGES_H
#define RUNNER_EXPLAIN_LANGUAGES_H

#include "runner/explain/language.h"

extern const struct language language_python;
extern const struct language language_go;
extern const struct language language_shell;
extern const struct language language_php;
extern const struct language language_perl;

#endif
