/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wait/wait.h: the table of the kinds of wait. What a kind is stands in its row (wait/kinds.def)
 * and in its file (wait/FILE.c); nothing else in the runner lists them.
 *
 * A new kind is one file and its rows: which system calls it covers, which object they name, who
 * can end the wait, how it is settled between the two collects, and its words. docs/wakers.md gets
 * a line for each kernel function that ends the wait.
 */
#ifndef RUNNER_SNAPSHOT_WAIT_WAIT_H
#define RUNNER_SNAPSHOT_WAIT_WAIT_H

#include "runner/record/cause_class.h"
#include "runner/snapshot/call.h"
#include "runner/snapshot/snapshot.h"

struct collect;
struct fd_entry;

/* What a thread that waits so has need of. An idle program waits for input, for a signal, or for
 * anything of a list; never for a lock, nor for space to write into. */
enum wait_purpose {
	WAITS_FOR_NOTHING, /* it does not wait */
	WAITS_FOR_LOCK,    /* something that another thread has; of a futex: or a wake-up */
	WAITS_FOR_INPUT,
	WAITS_FOR_SPACE, /* cannot write: somebody does not read */
	WAITS_FOR_CHILD,
	WAITS_FOR_SIGNAL,
	WAITS_FOR_ANY, /* of the objects in its list, which have a kind of their own */
	WAIT_PURPOSE_COUNT,
};

/* One file of wait/. Made by WAIT_OPS only, which forgets nothing. */
struct wait_ops {
	const struct wait_call *calls; /* the system calls that are for this kind alone */
	size_t n_calls;
	/* Of what is waited on through a descriptor, by read, write, poll and their kin; all NULL
	 * otherwise. takes: is that file of this kind? resolve: adds what a wait on it is for, or
	 * says why the thread is not blocked for good. polled: the direction does not become the
	 * thread's own wait. */
	bool (*takes)(const struct fd_entry *e);
	void (*resolve)(struct collect *c, size_t thread, const struct fd_entry *e, bool writes,
		bool polled);
	/* Each process that has e, in the descriptor table of thread tid, can end the wait on the
	 * object. NULL: no descriptor helps. */
	bool (*holds)(const struct object *o, pid_t tid, const struct fd_entry *e);
	/* False while the kernel may still carry something to the waiter by itself; of the object
	 * as two collects saw it. Pure. Figures that are not known are negative and object to
	 * nothing. */
	bool (*is_quiet)(const struct object *first, const struct object *second);
	/* Fills in the figures of an object for its words; NULL: none. Called only when no thread
	 * of the tree can hold a lock of the kernel in its sleep: see place.c. */
	void (*measure)(struct collect *c, size_t object);
	/* Expensive checks, made only where the tree alone shows a candidate: marks the object
	 * external where somebody else can end the wait. NULL: none. */
	void (*settle)(struct collect *c, size_t object);
};
#define WAIT_OPS(name, calls_, takes_, resolve_, holds_, is_quiet_, measure_, settle_) \
	const struct wait_ops name = {                                                 \
		.calls = (calls_),                                                     \
		.n_calls = ARRAY_SIZE(calls_),                                         \
		.takes = (takes_),                                                     \
		.resolve = (resolve_),                                                 \
		.holds = (holds_),                                                     \
		.is_quiet = (is_quiet_),                                               \
		.measure = (measure_),                                                 \
		.settle = (settle_),                                                   \
	}

/* One row of the table. */
struct wait_row {
	const char *name;
	enum wait_purpose purpose;
	enum cause_class class;
	const char *verb, *duty, *fix;
	const char *places;         /* see kinds.def */
	const struct wait_ops *ops; /* NULL of WAIT_NONE only */
};
/* Of any value: what is no kind has the row of WAIT_NONE. */
const struct wait_row *wait_row(enum wait_kind k);

/* The file that this call is for alone, or NULL: see call_decode(). */
const struct wait_call *wait_find_call(int64_t nr);
/* Each process that has e in the descriptor table of thread tid can end the wait on the object. */
bool wait_is_held_by(const struct object *o, pid_t tid, const struct fd_entry *e);
/* The kind of what can be waited on through this descriptor, NULL: none that we know. */
const struct wait_ops *wait_ops_of_fd(const struct fd_entry *e);

/* For kinds that nothing moves behind the back of two sleeping threads: figures must be equal. */
bool wait_is_unchanged(const struct object *first, const struct object *second);

#define WAIT_KIND(id, file, ...) extern const struct wait_ops wait_##file##_ops;
#include "runner/snapshot/wait/kinds.def"
#undef WAIT_KIND
extern const struct wait_ops wait_descriptor_ops; /* read, write and their kin, of any file */

#endif
