/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd/lint_json.c: what `hangrate lint --json` prints. */
#include "runner/cmd/lint_order.h"

#include "runner/base/util.h"

#include <jansson.h>

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *text(const char *s)
{
	json_t *t = s ? json_string(s) : json_null();

	return t ? t : json_string("?"); /* no UTF-8 */
}

static json_t *lines(char *const *s, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n && s[i]; i++)
		json_array_append_new(a, text(s[i]));
	return a;
}

static json_t *finding_of(const struct lint_finding *f)
{
	static const char *const folds[LINT_FOLD_COUNT] = {
		[LINT_FOLD_NOT] = NULL,
		[LINT_FOLD_AFTER_FORK] = "after-fork",
		[LINT_FOLD_RUNS_CODE] = "runs-code",
	};
	json_t *o = json_object();

	put(o, "what", text(f->what));
	put(o, "fork", text(f->fork));
	put(o, "held", lines(f->held, f->n_held));
	put(o, "stack", lines(f->stack, f->n_stack));
	put(o, "count", json_integer((json_int_t)f->count));
	put(o, "interpreter", text(folds[f->fold]));
	return o;
}

static json_t *side_of(const struct lint_order_side *s)
{
	json_t *o = json_object();

	put(o, "holds", text(s->held));
	put(o, "held_at", text(s->held_at));
	put(o, "held_for_reading", json_boolean(s->held_read));
	put(o, "held_stack", lines(s->held_stack, SIZE_MAX));
	put(o, "wants", text(s->wanted));
	put(o, "wanted_at", text(s->wanted_at));
	put(o, "wanted_for_reading", json_boolean(s->wanted_read));
	put(o, "wanted_stack", lines(s->wanted_stack, SIZE_MAX));
	return o;
}

static json_t *order_of(const struct lint_order *order)
{
	static const char *const states[] = {
		[LINT_ORDER_PREDICTED] = "predicted",
		[LINT_ORDER_CONFIRMED] = "confirmed",
		[LINT_ORDER_NOT_MADE] = "not-confirmed",
	};
	json_t *o = json_object(), *threads = json_array();

	for (size_t i = 0; i < order->n; i++)
		json_array_append_new(threads, side_of(&order->sides[i]));
	put(o, "state", text(states[order->state]));
	put(o, "threads", threads);
	put(o, "needs_writer", json_boolean(order->needs_writer));
	put(o, "cycles", json_integer((json_int_t)order->cycles));
	put(o, "inject", text(order->plan ? order->plan : order->plans[0]));
	put(o, "trials", json_integer((json_int_t)order->trials));
	put(o, "trial", order->trial ? json_integer((json_int_t)order->trial) : json_null());
	put(o, "cause", text(order->cause));
	return o;
}

void lint_json_print(const struct lint *l, const struct lint_order *orders, size_t n)
{
	json_t *o = json_object(), *findings = json_array(), *list = json_array();

	for (size_t i = 0; i < l->n_findings; i++)
		json_array_append_new(findings, finding_of(&l->findings[i]));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, order_of(&orders[i]));
	put(o, "schema", json_integer(1));
	put(o, "forks", json_integer((json_int_t)l->n_forks));
	put(o, "findings", findings);
	put(o, "lock_orders", list);
	json_dumpf(o, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(o);
}
