/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/cmd/lint_order.h"

#include "runner/base/util.h"
#include "runner/nightly/confirm.h"

#include <inttypes.h>

/* --- confirming --- */

struct words {
	char **at;
	size_t n, cap;
};

static void add_word(struct words *w, char *word)
{
	w->at = mem_grow(w->at, w->n, &w->cap, sizeof(*w->at));
	w->at[w->n++] = word;
}

static char **run_argv(const struct target *t, const char *plan, uint64_t n, int64_t timeout_ns)
{
	static const char *const options[] = { "hangrate", "run", "--quiet", "--until-hang", "--db",
		"none", "--inject" };
	struct words w = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		add_word(&w, mem_strdup(options[i]));
	add_word(&w, mem_strdup(plan));
	add_word(&w, mem_strdup("-n"));
	add_word(&w, mem_printf("%" PRIu64, n));
	add_word(&w, mem_strdup("--timeout"));
	add_word(&w, mem_printf("%" PRId64 "ms", timeout_ns / NSEC_PER_MSEC));
	add_word(&w, mem_strdup("--"));
	for (char *const *a = t->argv; *a; a++)
		add_word(&w, mem_strdup(*a));
	add_word(&w, NULL);
	return w.at;
}

/* A hang of the other arms is one, too: nothing holds a thread there, and it happened. */
static void take_result(struct lint_order *o, const struct record_campaign *c, const char *plan)
{
	uint64_t before = o->trials;

	for (size_t i = 0; i < c->n_cells; i++) {
		const struct record_cell *cell = &c->cells[i];
		const struct record_cause *first = NULL;

		if (cell->canary)
			continue;
		if (cell->arm == ARM_INJECTED)
			o->trials += record_cell_trials(cell);
		for (size_t k = 0; k < cell->n_causes; k++)
			if (!first || cell->causes[k].first_index < first->first_index)
				first = &cell->causes[k];
		if (!cell->count[VERDICT_DEADLOCK] || !first || o->state == LINT_ORDER_CONFIRMED)
			continue;
		o->state = LINT_ORDER_CONFIRMED;
		o->trial = before + first->first_index + 1;
		o->plan = mem_strdup(plan);
		o->cause = mem_strdup(first->summary ? first->summary : first->class);
	}
	if (o->trial > o->trials)
		o->trials = o->trial;
}

/* False: it could not be tried at all. */
static bool try_plan(struct lint_order *o, const char *plan, const struct target *t, uint64_t n,
	int64_t timeout_ns)
{
	struct record_campaign c;
	char **argv = run_argv(t, plan, n, timeout_ns), *why cleanup(cleanup_free) = NULL;
	int r = check_run(argv, true, &c, &why);

	for (char **a = argv; *a; a++)
		free(*a);
	free(argv);
	if (r < 0) {
		fprintf(stderr, "lint: '%s': cannot try it: %s\n", t->path,
			why ? why : strerror(-r));
		return false;
	}
	take_result(o, &c, plan);
	record_campaign_done(&c);
	return true;
}

void lint_orders_confirm(struct lint_order *orders, size_t n_orders, const struct target *t,
	uint64_t n, int64_t timeout_ns)
{
	for (size_t i = 0; i < n_orders; i++) {
		struct lint_order *o = &orders[i];

		for (char **plan = o->plans; *plan && o->state != LINT_ORDER_CONFIRMED; plan++)
			if (try_plan(o, *plan, t, n, timeout_ns))
				o->state = o->state == LINT_ORDER_CONFIRMED ? LINT_ORDER_CONFIRMED
									    : LINT_ORDER_NOT_MADE;
	}
}

/* --- printing --- */

#define MAX_CALLERS 2

static const char *state_text(const struct lint_order *o)
{
	switch (o->state) {
	case LINT_ORDER_PREDICTED:
		return "predicted";
	case LINT_ORDER_CONFIRMED:
		return "confirmed";
	case LINT_ORDER_NOT_MADE:
		return "predicted, not confirmed";
	}
	return "";
}

/* Those further out than the function that was named, but for what the language does itself. */
static void print_callers(const char *named, char **stack)
{
	size_t n = 0, left = MAX_CALLERS;

	while (stack[n] && strcmp(stack[n], named) != 0)
		n++;
	for (; stack[n] && stack[n + 1] && left; n++)
		if (strncmp(stack[n + 1], "std::", 5) != 0) {
			printf("         called in %s\n", stack[n + 1]);
			left--;
		}
}

static void print_side(const struct lint_order_side *s, size_t number)
{
	printf("   thread %zu holds %s%s, taken in %s\n", number, s->held,
		s->held_read ? " for reading" : "", s->held_at);
	print_callers(s->held_at, s->held_stack);
	printf("      and %s %s%s in %s\n",
		s->by_wait ? "takes again, after a condition wait," : "wants", s->wanted,
		s->wanted_read ? " for reading" : "", s->wanted_at);
	print_callers(s->wanted_at, s->wanted_stack);
}

static void print_result(const struct lint_order *o)
{
	switch (o->state) {
	case LINT_ORDER_CONFIRMED:
		printf("   confirmed: deadlock in trial %" PRIu64 " of %" PRIu64 ": %s\n", o->trial,
			o->trials, o->cause);
		break;
	case LINT_ORDER_NOT_MADE:
		printf("   could not be made to happen in %" PRIu64 " trials\n", o->trials);
		break;
	case LINT_ORDER_PREDICTED:
		break;
	}
	if (o->needs_writer)
		printf("   only if another thread waits to write in between: writers go first there\n");
	if (o->plan || o->plans[0])
		printf("   %s: --inject %s\n", o->plan ? "again" : "try",
			o->plan ? o->plan : o->plans[0]);
	else
		printf("   it cannot be tried: a place is in code that was loaded later\n");
}

void lint_orders_print(const struct lint_order *orders, size_t n, size_t number)
{
	for (size_t i = 0; i < n; i++) {
		const struct lint_order *o = &orders[i];

		printf("%zu. %s: %zu threads %s wait for each other's locks", ++number,
			state_text(o), o->n, o->state == LINT_ORDER_CONFIRMED ? "did" : "could");
		if (o->cycles > 1)
			printf(" (%" PRIu64 " sets of locks)", o->cycles);
		putchar('\n');
		for (size_t k = 0; k < o->n; k++)
			print_side(&o->sides[k], k + 1);
		print_result(o);
	}
}
