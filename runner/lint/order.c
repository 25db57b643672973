/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/lint/order.h"

#include "runner/base/util.h"
#include "runner/explain/explain.h"
#include "runner/explain/symbols.h"
#include "runner/inject/order_plan.h"

/* The files of the processes of one recording. */
struct names {
	const struct order_recording *r;
	struct symbols **of; /* by process; NULL: not opened yet */
};

static struct symbols *open_files(const struct order_recording *r, uint32_t modules)
{
	struct symbols_file *files cleanup(cleanup_free) =
		mem_alloc((r->n_modules + 1) * sizeof(*files));
	size_t n = 0;

	for (size_t i = 0; i < r->n_modules; i++) {
		const struct hangrate_order_module *m = &r->modules[i];

		if (m->ready && m->process == modules && m->path[0] == '/' && m->begin < m->end)
			files[n++] = (struct symbols_file){ m->base, m->begin, m->end, m->path };
	}
	return symbols_of_files(files, n);
}

static struct symbols *symbols_of(struct names *n, uint32_t process)
{
	if (process >= n->r->n_processes)
		return NULL;
	if (!n->of[process])
		n->of[process] = open_files(n->r, n->r->processes[process].modules);
	return n->of[process];
}

static void names_done(struct names *n)
{
	for (size_t i = 0; i < n->r->n_processes; i++)
		symbols_free(n->of[i]);
	free(n->of);
}

/* --- places and locks --- */

static char *place_text(struct names *n, uint32_t process, const uint64_t *at, size_t max)
{
	struct symbols *s = symbols_of(n, process);
	size_t index;

	return s ? explain_addresses(s, at, max, &index) : mem_strdup("?");
}

static char **stack_text(struct names *n, uint32_t process, const uint64_t *at)
{
	char **lines = mem_alloc((HANGRATE_ORDER_FRAMES + 1) * sizeof(*lines));

	for (size_t i = 0; i < HANGRATE_ORDER_FRAMES && at[i]; i++)
		lines[i] = place_text(n, process, &at[i], 1);
	return lines;
}

static const char *const kinds[HANGRATE_ORDER_KINDS] = {
	[HANGRATE_ORDER_MUTEX] = "mutex",
	[HANGRATE_ORDER_RWLOCK] = "read-write lock",
	[HANGRATE_ORDER_SPINLOCK] = "spin lock",
	[HANGRATE_ORDER_SEMAPHORE] = "semaphore",
	[HANGRATE_ORDER_FILE] = "FILE",
};

/* A variable has a name; any other lock is a letter, known by where it was made or first taken. */
static char *lock_text(struct names *n, uint32_t lock, char letter, bool whole)
{
	const struct hangrate_order_lock *l = &n->r->locks[lock];
	const char *kind = l->kind < HANGRATE_ORDER_KINDS ? kinds[l->kind] : "lock";
	char *name cleanup(cleanup_free) = NULL, *place cleanup(cleanup_free) = NULL;
	struct symbols *s = symbols_of(n, l->process);
	bool symbol = false;

	if (s && order_recording_module(n->r, l->process, l->address))
		name = symbols_name_data(s, l->address, &symbol);
	if (name)
		return mem_printf("%s %s", kind, name);
	if (!whole || (!l->made && !l->first[0]))
		return mem_printf("%s %c", kind, letter);
	place = l->made ? place_text(n, l->process, &l->made, 1)
			: place_text(n, l->process, l->first, HANGRATE_ORDER_FRAMES);
	return mem_printf("%s %c, %s in %s", kind, letter, l->made ? "made" : "first taken", place);
}

/* The i-th of n. */
static void fill_side(struct names *n, const struct hangrate_order_edge *e, size_t i, size_t of,
	struct lint_order_side *ret)
{
	uint32_t process = n->r->threads[e->thread].process;

	ret->held = lock_text(n, e->held, (char)('A' + i), true);
	ret->wanted = lock_text(n, e->wanted, (char)('A' + (i + 1) % of), false);
	ret->held_at = place_text(n, process, e->held_at, HANGRATE_ORDER_FRAMES);
	ret->wanted_at = place_text(n, process, e->wanted_at, HANGRATE_ORDER_FRAMES);
	ret->held_stack = stack_text(n, process, e->held_at);
	ret->wanted_stack = stack_text(n, process, e->wanted_at);
	ret->held_read = e->how & HANGRATE_ORDER_HELD_READ;
	ret->wanted_read = e->how & HANGRATE_ORDER_WANTED_READ;
	ret->by_wait = e->how & HANGRATE_ORDER_BY_WAIT;
}

/* --- findings --- */

static void free_lines(char **lines)
{
	for (size_t i = 0; lines && lines[i]; i++)
		free(lines[i]);
	free(lines);
}

static void order_done(struct lint_order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->sides[i].held);
		free(o->sides[i].wanted);
		free(o->sides[i].held_at);
		free(o->sides[i].wanted_at);
		free_lines(o->sides[i].held_stack);
		free_lines(o->sides[i].wanted_stack);
	}
	free_lines(o->plans);
	free(o->plan);
	free(o->cause);
}

void lint_orders_done(struct lint_order *orders, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order_done(&orders[i]);
	free(orders);
}

static char **plans_of(const struct order_recording *r, const struct order_cycle *c)
{
	char **plans = mem_alloc((c->n + 2) * sizeof(*plans));
	size_t n = 0;

	for (uint32_t first = 0; first <= c->n; first++) {
		char *text cleanup(cleanup_free) = order_plan_text(r, c, first);

		if (text)
			plans[n++] = mem_printf("order:%s", text);
	}
	return plans;
}

static bool has_side(const struct lint_order *o, const struct lint_order_side *side)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->sides[i].held_at, side->held_at) &&
			!strcmp(o->sides[i].wanted_at, side->wanted_at))
			return true;
	return false;
}

static bool has_sides_of(const struct lint_order *a, const struct lint_order *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!has_side(a, &b->sides[i]))
			return false;
	return true;
}

/* Another way to the same lines is no news. */
static void add(struct lint_order **orders, size_t *n, size_t *cap, struct lint_order *o)
{
	for (size_t i = 0; i < *n; i++)
		if (has_sides_of(&(*orders)[i], o) && has_sides_of(o, &(*orders)[i])) {
			(*orders)[i].cycles += o->cycles;
			order_done(o);
			return;
		}
	*orders = mem_grow(*orders, *n, cap, sizeof(**orders));
	(*orders)[(*n)++] = *o;
}

static void add_all(
	const struct order_evidence *evidence, struct lint_order **orders, size_t *n, size_t *cap)
{
	const struct order_recording *r = &evidence->recording;
	struct names names = { .r = r };

	names.of = mem_alloc((r->n_processes + 1) * sizeof(struct symbols *));
	for (size_t i = 0; i < evidence->n_cycles; i++) {
		const struct order_cycle *c = &evidence->cycles[i];
		struct lint_order o = {
			.n = c->n,
			.needs_writer = c->needs_writer,
			.cycles = c->count,
			.plans = plans_of(r, c),
		};

		for (size_t k = 0; k < c->n; k++)
			fill_side(&names, &r->edges[c->edges[k]], k, c->n, &o.sides[k]);
		add(orders, n, cap, &o);
	}
	names_done(&names);
}

void lint_orders_new(const struct order_found *found, struct lint_order **ret_orders, size_t *ret_n)
{
	struct lint_order *orders = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; found && i < found->n; i++)
		add_all(&found->all[i], &orders, &n, &cap);
	*ret_orders = orders;
	*ret_n = n;
}
