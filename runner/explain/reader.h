/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.h: the symbols, the unwinder and the language of the processes that are being read.
 *
 * A process takes some 10 MB while it is open, most of it what libdw keeps of its files. Only the
 * few used last stay open, so hundreds of stuck processes take no more memory than these.
 */
#ifndef RUNNER_EXPLAIN_READER_H
#define RUNNER_EXPLAIN_READER_H

#include "runner/explain/language.h"
#include "runner/explain/unwind.h"

struct readers;

/* attach: take stacks by ptrace. The snapshot must outlive it. */
struct readers *readers_new(const struct snapshot *s, bool attach);
void readers_free(struct readers *r); /* NULL-safe */
/* Some process could be read, or none was asked for. */
bool readers_any_readable(const struct readers *r);

/* Each opens the process (an index of the snapshot) at the first use. NULL: it can't be read, or
 * has none. What is returned stays valid until another process is asked for. */
struct symbols *readers_symbols(struct readers *r, size_t process);
struct language_process *readers_language(struct readers *r, size_t process);
struct unwind *readers_unwind(struct readers *r, size_t process);

#endif
