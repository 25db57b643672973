/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/order.h: what the engine "order" has predicted in the trials of a cell. For `hangrate
 * lint`, which prints it.
 */
#ifndef RUNNER_INJECT_ORDER_H
#define RUNNER_INJECT_ORDER_H

#include "runner/inject/order_cycles.h"

struct inject;

/* A trial that showed something new. */
struct order_evidence {
	struct order_recording recording;
	struct order_cycle *cycles; /* whose places no earlier trial had */
	size_t n_cycles;
};

struct order_found {
	struct order_evidence *all;
	size_t n, cap;
	uint64_t trials, acquisitions, edges;
	uint64_t dropped; /* entries that no table had room for */
	bool cut;         /* a search was given up */
};

/* Owned by i, valid until its next call; NULL: it has no such engine. */
const struct order_found *inject_order_found(const struct inject *i);

/* For inject.c: of the engine's state. */
const struct order_found *order_found_of(const void *state);
void order_found_done(struct order_found *f);

#endif
