/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blocked.h: what a thread is blocked in that is no wait of the proof's: opening a FIFO, a
 * terminal, a tracer, a file system in user space. For words only; nothing is proven of it.
 *
 * Reads /proc, and nothing by which it could be blocked in turn: no path of the target is opened or
 * asked about.
 */
#ifndef RUNNER_EXPLAIN_BLOCKED_H
#define RUNNER_EXPLAIN_BLOCKED_H

#include "runner/explain/symbols.h"
#include "runner/snapshot/snapshot.h"

/* What stands behind the thread's name: "opens the FIFO /tmp/x for reading; no process has it open
 * for writing". NULL: nothing better than what the snapshot says. The caller frees. s: NULL-safe.
 */
char *blocked_read(const struct snapshot *snapshot, size_t thread, const struct symbols *s);

/* Pure: a line of /proc/PID/mountinfo; the mount point, when it is a file system in user space. The
 * caller frees; NULL otherwise. */
char *blocked_parse_fuse(const char *line, size_t n);

#endif
