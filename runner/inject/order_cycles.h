/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/order_cycles.h: deadlocks that could have happened in a trial, from what was recorded of
 * its lock orders. Pure.
 *
 * A cycle is a ring of edges: each thread holds a lock and wants the one that the next holds. It is
 * left out where it can't happen: two of its edges belong to one thread; two of its threads held a
 * third lock in common, or the same lock (a gate); one edge was over before the other could begin,
 * since its thread was joined, or had not been created yet; or both only read. What orders threads
 * otherwise (a condition, a semaphore, a barrier) is not seen: a cycle is a prediction.
 */
#ifndef RUNNER_INJECT_ORDER_CYCLES_H
#define RUNNER_INJECT_ORDER_CYCLES_H

#include "runner/inject/order_recording.h"

#define ORDER_CYCLE_MAX HANGRATE_ORDER_ROLES /* edges */

struct order_cycle {
	size_t n;
	uint32_t edges[ORDER_CYCLE_MAX]; /* of the recording, each wants what the next one holds */
	/* Both a holder and who wants only read: a writer must come in between, which stops readers
	 * on such a lock. */
	bool needs_writer;
	uint64_t places; /* the same for all cycles of the same places; never 0 */
	uint64_t count;  /* cycles of these places */
};

/* One for all cycles of the same places, shortest first. *ret_cut: the search was given up, there
 * may be more. The caller frees the array. */
void order_cycles_find(const struct order_recording *r, struct order_cycle **ret_cycles,
	size_t *ret_n, bool *ret_cut);

/* Whether whatever edge a did was over before b could begin. */
bool order_cycles_before(const struct order_recording *r, const struct hangrate_order_edge *a,
	const struct hangrate_order_edge *b);

#endif
