/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lines.h: where in the source an address is, by DWARF. A compiler puts small functions into their
 * callers, so one address can be in several functions at once; a reader wants the one that he
 * wrote.
 */
#ifndef RUNNER_EXPLAIN_LINES_H
#define RUNNER_EXPLAIN_LINES_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>

struct lines_place {
	char *function; /* NULL for the outermost: the symbol table names that one */
	char *file;     /* never NULL */
	int line;
};

/* The functions that the code at pc belongs to, innermost first, the last one not inlined. At most
 * max; the number of them, 0 where there is no debug information. start: where the function around
 * pc begins, 0 unknown. The caller frees the strings. */
size_t lines_find(Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr start,
	struct lines_place *ret_places, size_t max);

/* The function that the code at pc belongs to, not one that was inlined into it; an address in its
 * description is ret_bias lower than in memory. */
bool lines_find_function(
	Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Die *ret_function, Dwarf_Addr *ret_bias);

#endif
