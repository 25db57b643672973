/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain.h: says what a process tree waits for and why: class, lock and owner, queues, stacks.
 * Everything that other rooms need of the explanation is here; internal.h is for explain/ only.
 *
 * A snapshot and its proof are borrowed: they must outlive what is made of them. Text that is
 * returned belongs to the caller, who frees it. Reads only, unless EXPLAIN_ATTACH is asked for.
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

/* --- of one tree, as `why` and `guard` tell it --- */

struct explanation;

/* Every thread of the tree, whether anything is proven or not. 0, or -ESRCH when not one process
 * could be read any more. */
int explain_tree(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	struct explanation **ret_explanation);
void explanation_free(struct explanation *e); /* NULL-safe */

enum explain_outcome {
	EXPLAIN_NOTHING, /* nothing is proven */
	EXPLAIN_UNLESS,  /* nor here: stuck unless a named condition comes true */
	EXPLAIN_ASLEEP,  /* stuck unless a signal comes for which there is a handler: idle daemons
			    look like that */
	EXPLAIN_STUCK,
};
enum explain_outcome explain_outcome(const struct explanation *e);

/* finite.c: how the wait of a thread may end by itself, "waits with a time limit"; NULL: no way is
 * known. Not of a language runtime's own threads and waits, which look at the clock whatever the
 * program does. Static. */
const char *explain_finite(const struct explanation *e, size_t thread);

char *explain_text(const struct explanation *e); /* lines, all that `why` prints */
/* The same with its lines broken between words; width 0: as it is. Pure. */
char *explain_wrap(const char *text, size_t width);
char *explain_summary(const struct explanation *e); /* one line */
char *explain_json(const struct explanation *e);    /* the object of `why --json`, indented */
char *explain_dot(const struct explanation *e);     /* the wait-for graph for graphviz */
/* "lock-cycle", "pipe", ...; "" where nothing is proven. Static. */
const char *explain_class(const struct explanation *e);
/* One line: what usually ends this for good. Static. */
const char *explain_remedy(const struct explanation *e);
/* One line: where to read on, "see scenario lock-order, docs/catalogue.md". NULL: no scenario is of
 * its kind. */
char *explain_see(const struct explanation *e);

/* --- of one address --- */

struct symbols;

/* "write (bank.cc:11)": the innermost of the user's own functions that the call before this return
 * address is in. The caller frees. */
char *explain_address(struct symbols *s, uint64_t return_address);
/* The same of a short stack, innermost first: of its n addresses the first in such a function,
 * whose index is returned, too; of none the innermost. */
char *explain_addresses(
	struct symbols *s, const uint64_t *return_addresses, size_t n, size_t *ret_index);

/* --- causes of trials --- */

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
 * waits that tell most. EXPLAIN_ATTACH shows where a thread that runs is, and may hold it up for
 * milliseconds. */
int explain_unproven_cause(const struct snapshot *s, const struct proof *p,
	enum explain_stacks stacks, struct record_cause *ret_cause);
/* A cheap name for it, without a stack. The caller frees it. */
char *explain_unproven_signature(const struct snapshot *s);

#endif
