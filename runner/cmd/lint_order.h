/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/lint_order.h: what `hangrate lint` does with predicted lock-order deadlocks. */
#ifndef RUNNER_CMD_LINT_ORDER_H
#define RUNNER_CMD_LINT_ORDER_H

#include "runner/lint/lint.h"
#include "runner/lint/order.h"
#include "runner/plan/target.h"

/* Tries to make each happen, in up to n trials of `hangrate run` a plan. */
void lint_orders_confirm(struct lint_order *orders, size_t n_orders, const struct target *t,
	uint64_t n, int64_t timeout_ns);
/* To standard output, numbered from `number` + 1. */
void lint_orders_print(const struct lint_order *orders, size_t n, size_t number);
/* All findings, as one object. */
void lint_json_print(const struct lint *l, const struct lint_order *orders, size_t n);

#endif
