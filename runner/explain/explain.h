/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain.h: puts a proven stuck set in words: class, lock and owner, queues, stacks.
 */
#ifndef RUNNER_EXPLAIN_EXPLAIN_H
#define RUNNER_EXPLAIN_EXPLAIN_H

#include "runner/prove/prove.h"
#include "runner/record/record.h"

enum explain_stacks {
	EXPLAIN_READ_ONLY, /* no ptrace: innermost frames from CFI and a marked stack scan */
	EXPLAIN_ATTACH,    /* ptrace: full stacks. Only for a process that will be killed anyway,
			      or when the user asked */
};

/*
 * A cheap name for "the same cause again", without a stack: class, lock symbols, system calls.
 * The caller frees it. Used to take stacks only for the first few trials of a cause.
 */
char *explain_signature(const struct snapshot *s, const struct proof *p);

/* Fills class, key, summary, detail (JSON: the object of `why --json`); count is left alone.
 * 0, or -errno when nothing could be read any more, -ESRCH too when a stuck
 * process ended meanwhile. */
int explain_cause(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	struct record_cause *ret_cause);

/* The same of a tree in which nothing is proven: class RECORD_CAUSE_UNPROVEN, and in words the
 * waits that tell most. Reads only, whatever becomes of the tree. */
int explain_unproven_cause(
	const struct snapshot *s, const struct proof *p, struct record_cause *ret_cause);
/* A cheap name for it, without a stack. The caller frees it. */
char *explain_unproven_signature(const struct snapshot *s);

#endif
