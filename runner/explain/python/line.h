/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * python/line.h: the tables of a code object that say which line an instruction belongs to and
 * which blocks it stands in. Pure.
 *
 * Sources: CPython Objects/lnotab_notes.txt (3.8, 3.9; 3.10), Objects/locations.md (3.11 on),
 * Objects/exception_handling_notes.txt.
 */
#ifndef RUNNER_EXPLAIN_PYTHON_LINE_H
#define RUNNER_EXPLAIN_PYTHON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The line of the instruction at that offset in bytes; first: of the code object. 0 for an
 * instruction without a line, or where the table does not reach so far. */
int python_line(int minor, const uint8_t *table, size_t n, int first, uint64_t offset);

/* How many values of the stack are certainly in use at that instruction: those that the innermost
 * handler around it counts on. From 3.11 on. */
size_t python_handler_depth(const uint8_t *table, size_t n, uint64_t offset);

#endif
