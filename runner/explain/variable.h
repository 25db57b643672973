/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/variable.h: what the program calls a place in its memory, by DWARF: the member of a
 * structure, the element of an array, the variable of a function that has not returned.
 */
#ifndef RUNNER_EXPLAIN_VARIABLE_H
#define RUNNER_EXPLAIN_VARIABLE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

/* ".cond", "[1].lock", "": which part of the global variable at `address` lies `offset` bytes in; a
 * lock is no further taken apart. NULL: the variable is not described. The caller frees. */
char *variable_part(Dwfl_Module *module, uint64_t address, uint64_t offset);

/* The registers of a frame, as far as its variables are found by them. */
struct variable_frame {
	uint64_t pc;
	uint64_t cfa; /* the canonical frame address; 0 unknown */
	uint64_t sp, fp;
	bool fp_known;
};
/* "cache.m": the variable of that frame in which the address lies. NULL none; the caller frees. */
char *variable_local(Dwfl_Module *module, const struct variable_frame *frame, uint64_t address);

#endif
