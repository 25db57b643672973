/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fixpoint.h: the greatest set of threads that is closed under "every possible waker of a member is
 * a member".
 *
 * A graph of threads and nodes (what is waited on). A thread that is out of the set releases the
 * nodes that it can wake; a node that is released takes its waiters out of the set. The order does
 * not matter, and one more edge can only make the set smaller. Knows nothing of /proc or of proofs.
 */
#ifndef RUNNER_BASE_FIXPOINT_H
#define RUNNER_BASE_FIXPOINT_H

#include <stdbool.h>
#include <stddef.h>

#define FIXPOINT_NOBODY ((size_t)-1)

/* Edges as offsets into one array. */
struct fixpoint_edges {
	size_t *start; /* n + 1 of them */
	size_t *to;
};

struct fixpoint {
	size_t n_threads, n_nodes;
	bool *out;           /* thread: not in the set */
	size_t *released_by; /* thread: who took it out; FIXPOINT_NOBODY: in the set, or by itself
			      */
	bool *released;      /* node */
	bool fills;          /* building: the second time */
	struct fixpoint_edges wakes, waiters; /* thread -> nodes, node -> threads */
	size_t *queue, n_queue;
};

/* All threads are in the set. */
void fixpoint_init(struct fixpoint *f, size_t n_threads, size_t n_nodes);
void fixpoint_done(struct fixpoint *f);

/* Calls add(f, arg) twice, to count and to fill; it adds the same edges both times. Once only. */
typedef void (*fixpoint_add_fn)(struct fixpoint *f, void *arg);
void fixpoint_build(struct fixpoint *f, fixpoint_add_fn add, void *arg);
void fixpoint_add_waker(struct fixpoint *f, size_t node, size_t thread);
void fixpoint_add_waiter(struct fixpoint *f, size_t node, size_t thread);

/* Takes one out of the set; fixpoint_run() then takes out all that follow from it. Threads may be
 * taken out before the edges are built, nodes may not. */
void fixpoint_release_thread(struct fixpoint *f, size_t thread, size_t by);
void fixpoint_release_node(struct fixpoint *f, size_t node, size_t by);
void fixpoint_run(struct fixpoint *f);

#endif
