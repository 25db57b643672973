/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * golang/pclntab.h: functions, lines and frame sizes from the tables that every Go program holds,
 * also a stripped one. Pure.
 *
 * Sources: Go 1.18 to 1.26, src/runtime/symtab.go (moduledata, pcHeader, pcvalue), runtime2.go
 * (_func), symtabinl.go (inlinedCall).
 */
#ifndef RUNNER_EXPLAIN_GOLANG_PCLNTAB_H
#define RUNNER_EXPLAIN_GOLANG_PCLNTAB_H

#include "runner/explain/peek.h"

struct go_tables {
	struct peek m;
	uint64_t names, units, files, pcs, functions, index, text; /* addresses */
	uint64_t n_names, n_units, n_files, n_pcs, n_functions,
		n_index; /* lengths, of index in entries */
	uint64_t gofunc;
	bool has_start_line; /* of struct _func, from 1.20 on */
};

/* Reads struct moduledata at that address; false where none stands there. minor: of Go 1.minor. */
bool go_open_tables(const struct peek *m, uint64_t moduledata, int minor, struct go_tables *ret);
/* Whether the bytes of a moduledata may begin here: words of its first 128 bytes. Pure, and reads
 * nothing. */
enum { GO_MODULE_WORDS = 17 };
bool go_may_be_module(const uint64_t *words);

struct go_function {
	uint64_t entry, end;
	uint64_t at; /* of its struct _func */
};
bool go_find_function(const struct go_tables *t, uint64_t pc, struct go_function *ret_function);
/* The function of that name; the tables are walked through. */
bool go_find_named(const struct go_tables *t, const char *name, struct go_function *ret_function);
char *go_function_name(const struct go_tables *t, const struct go_function *f);

/* How far the stack pointer is below the return address at that pc; false unknown. */
bool go_frame_size(
	const struct go_tables *t, const struct go_function *f, uint64_t pc, uint64_t *ret_size);

/* The line at pc, and the functions that are inlined there: calls add() for each from the inside
 * out, the function itself last. It takes the texts over. */
typedef void (*go_add)(void *arg, char *function, char *file, int line);
void go_places(
	const struct go_tables *t, const struct go_function *f, uint64_t pc, go_add add, void *arg);

#endif
