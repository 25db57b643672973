/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint/order.h: predicted lock-order deadlocks in words: which lock each thread would hold and
 * want, and where. One finding for all cycles of the same lines. Reads the files of a program that
 * has ended; runs nothing.
 */
#ifndef RUNNER_LINT_ORDER_H
#define RUNNER_LINT_ORDER_H

#include "runner/inject/order.h"

/* A thread's part. */
struct lint_order_side {
	char *held, *wanted;       /* "mutex accounts", or "mutex A" */
	char *held_at, *wanted_at; /* "transfer (bank.c:12)" */
	/* Whole, innermost first, NULL-terminated: wrappers, and callers as far as frame pointers
	 * tell. */
	char **held_stack, **wanted_stack;
	bool held_read, wanted_read, by_wait;
};

enum lint_order_state {
	LINT_ORDER_PREDICTED, /* not tried */
	LINT_ORDER_CONFIRMED, /* it happened, and the proof says deadlock */
	LINT_ORDER_NOT_MADE,  /* it could not be made to happen */
};

struct lint_order {
	struct lint_order_side sides[ORDER_CYCLE_MAX];
	size_t n;
	bool needs_writer;
	uint64_t cycles; /* of locks, with these lines */
	char **plans;    /* texts of --inject that may make it happen, the likeliest first,
			    NULL-terminated */
	enum lint_order_state state;
	uint64_t trials, trial; /* made to confirm it; the one (from 1) that did */
	char *plan;             /* with which */
	char *cause;            /* the first line of its explanation */
};

/* The caller frees with lint_orders_done(). */
void lint_orders_new(
	const struct order_found *found, struct lint_order **ret_orders, size_t *ret_n);
void lint_orders_done(struct lint_order *orders, size_t n);

#endif
