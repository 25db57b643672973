/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * symbols.h: names for the addresses of a live process, by elfutils (libdwfl): functions with file
 * and line, and what an address of data belongs to.
 *
 * Reads the process's memory and its modules as it sees them itself (another root, a deleted file);
 * stops and traces nothing. Debug information is looked for in the file and by build id under
 * /usr/lib/debug, never on the network.
 */
#ifndef RUNNER_EXPLAIN_SYMBOLS_H
#define RUNNER_EXPLAIN_SYMBOLS_H

#include "runner/explain/peek.h"
#include "runner/explain/variable.h"

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct symbols;

/* Where a program counter is. NULL or 0 where unknown; done with symbols_place_done(). */
struct symbols_place {
	char *function;
	char *file;
	int line;
	char *module;    /* base name, "?" when in no file */
	uint64_t offset; /* from the module's first byte */
	bool system;     /* the module is a program or library of the system */
};

/* A line of /proc/PID/maps. */
struct symbols_map {
	uint64_t begin, end;
	bool execute;
	bool is_start; /* of a file: it is mapped here from its first byte on */
	char *name;    /* "" for anonymous memory */
};

/* pid: any living thread of the process. 0, or -errno where it may not be read. Threads' stacks are
 * told apart with symbols_add_stack(). */
int symbols_open(pid_t pid, struct symbols **ret_symbols);
void symbols_free(struct symbols *s); /* NULL-safe */

/* A file that a process had mapped. */
struct symbols_file {
	uint64_t base; /* what is added to the addresses in the file */
	uint64_t begin, end;
	const char *path;
};
/* Instead, of a process that is gone: names of its files as they are now; no memory can be read. */
struct symbols *symbols_of_files(const struct symbols_file *files, size_t n);

/* The memory that holds the stack of a thread is known by its stack pointer. */
void symbols_add_stack(struct symbols *s, pid_t tid, uint64_t sp);

/* returns: pc is the address a call returns to, so the call stands before it. */
void symbols_place(struct symbols *s, uint64_t pc, bool returns, struct symbols_place *ret_place);
void symbols_place_done(struct symbols_place *p);

/* All functions that the code at pc belongs to, innermost first: inlined ones, and last the one
 * that symbols_place() gives. At most max, at least one; how many. */
#define SYMBOLS_MAX_PLACES 16
size_t symbols_places(
	struct symbols *s, uint64_t pc, bool returns, struct symbols_place *ret_places, size_t max);

/* "registry_lock", "table[1].lock", "table+16", "heap", "stack of thread 12", "/dev/shm/x+64";
 * never NULL. The caller frees it. *ret_symbol: it is the name of a variable. */
char *symbols_name_data(struct symbols *s, uint64_t address, bool *ret_symbol);

/* "cache.m": the variable of a function that has not returned; frame: of it. NULL none; the caller
 * frees. */
char *symbols_name_local(struct symbols *s, const struct variable_frame *frame, uint64_t address);

/* "planted+0x4080", the same without opening a single ELF file; "" for anonymous memory. */
char *symbols_name_cheap(const struct symbols *s, uint64_t address);

/* The i-th mapping by address, NULL behind the last. */
const struct symbols_map *symbols_map_at(const struct symbols *s, size_t i);

/* For those that interpret memory; s must outlive it. */
struct peek symbols_peek(const struct symbols *s);

/* All n bytes: 0 or -errno. */
int symbols_read(const struct symbols *s, uint64_t address, void *ret_bytes, size_t n);

const struct symbols_map *symbols_find_map(const struct symbols *s, uint64_t address);
/* The first address of the function around pc, 0 unknown. */
uint64_t symbols_function_start(struct symbols *s, uint64_t pc);

/* For unwind.c: the libdwfl session that the names come from, and one more of the same kind, since
 * a session can be attached in one way only. NULL where libdwfl finds no module. The first belongs
 * to s; the second is ended by the caller with dwfl_end(), before symbols_free(). */
Dwfl *symbols_session(struct symbols *s);
Dwfl *symbols_new_session(struct symbols *s);

/* Pure: the text of /proc/PID/maps. The caller frees with symbols_free_maps(). */
void symbols_parse_maps(const char *text, size_t n, struct symbols_map **ret_maps, size_t *ret_n);
void symbols_free_maps(struct symbols_map *maps, size_t n);

#endif
