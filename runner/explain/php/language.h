/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/php/language.h: where PHP's variables are in a process.
 */
#ifndef RUNNER_EXPLAIN_PHP_LANGUAGE_H
#define RUNNER_EXPLAIN_PHP_LANGUAGE_H

#include <stdbool.h>
#include <stdint.h>

struct symbols;

/* The address of executor_globals. False: no PHP that is known. */
bool php_locate(const struct symbols *s, uint64_t *ret_globals);

#endif
