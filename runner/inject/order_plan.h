/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/order_plan.h: where threads are to be held for a predicted deadlock to happen, as plain
 * data and as the text of a rule. Pure.
 *
 *	order:at=HELD/WANTED:HELD/WANTED...[,first=N][,bound=T]
 *
 * A place is MODULE+0xOFFSET, the address behind the call; "PLACE@PLACE" names its caller, too,
 * where a wrapper takes the locks. first: that pair (from 1) has to be there before the others
 * begin. bound: no thread is held longer (200ms).
 */
#ifndef RUNNER_INJECT_ORDER_PLAN_H
#define RUNNER_INJECT_ORDER_PLAN_H

#include "runner/inject/order_cycles.h"

#define ORDER_BOUND_NS UINT64_C(200000000)
#define ORDER_BOUND_MAX_NS UINT64_C(2000000000)
#define ORDER_TEXT_MAX 2000

struct order_plan {
	struct hangrate_order_role roles[HANGRATE_ORDER_ROLES];
	uint32_t n_roles, first;
	uint64_t bound_ns;
};

/* What stands behind "order:". 0; -EINVAL: it is no such text. */
int order_plan_parse(const char *text, struct order_plan *ret_plan);
/* "HELD/WANTED" of an edge, NULL like the next. The caller frees it. */
char *order_plan_role(const struct order_recording *r, const struct hangrate_order_edge *e);
/* The text that makes a cycle happen; NULL: a place of it has no name that another trial would
 * know. The caller frees it. */
char *order_plan_text(const struct order_recording *r, const struct order_cycle *c, uint32_t first);

#endif
