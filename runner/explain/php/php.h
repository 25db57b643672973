/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/php/php.h: the frames of a PHP program, from the memory of the interpreter (7.4 to 8.5,
 * built for one thread). Pure functions of the memory.
 *
 * Nothing exported tells the version. A layout counts if all that the innermost frame has agrees
 * with it: the instruction is one of the function's, the line one of its lines, the file name a
 * string.
 */
#ifndef RUNNER_EXPLAIN_PHP_PHP_H
#define RUNNER_EXPLAIN_PHP_PHP_H

#include "runner/explain/language.h"
#include "runner/explain/peek.h"

/* globals: address of executor_globals. Adds no frame where nothing fits. */
void php_read_frames(const struct peek *m, uint64_t globals, struct language_stack *stack);

#endif
