/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/peek.h: another process's memory, as those see it who interpret its data structures.
 *
 * They never see a process: a test or a fuzz target hands them any bytes it likes, and others each
 * time. The memory may change while it is read and any pointer in it may be wrong, so an
 * interpreter bounds every loop and checks whatever it reads before it believes it.
 */
#ifndef RUNNER_EXPLAIN_PEEK_H
#define RUNNER_EXPLAIN_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peek {
	/* All n bytes: 0 or -errno. */
	int (*read)(void *arg, uint64_t address, void *ret_bytes, size_t n);
	void *arg;
};

/* Keeps the pages that were read last: many small values stand near each other. They get no
 * younger, so a cache is for one explanation. `from` must outlive it; peek_cache_free() is
 * NULL-safe. */
struct peek_cache;
struct peek_cache *peek_cache_new(const struct peek *from);
void peek_cache_free(struct peek_cache *c);
struct peek peek_cached(struct peek_cache *c);

/* False where the bytes can't be read; *ret is then 0. */
bool peek_read(const struct peek *m, uint64_t address, void *ret, size_t n);
bool peek_u64(const struct peek *m, uint64_t address, uint64_t *ret);
bool peek_u32(const struct peek *m, uint64_t address, uint32_t *ret);
bool peek_u8(const struct peek *m, uint64_t address, uint8_t *ret);

/* 0 where it can't be read. */
uint64_t peek_pointer(const struct peek *m, uint64_t address);

/* A text that ends with a NUL within max bytes: NULL where it does not, the caller frees. */
char *peek_text(const struct peek *m, uint64_t address, size_t max);

/* The address of a symbol that the ELF file mapped at base exports (its DT_GNU_HASH table); 0 none.
 * Reads a few words and opens no file. */
uint64_t peek_find_symbol(const struct peek *m, uint64_t base, const char *name);

#endif
