/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/order_cycles.h"

#include "runner/base/hash.h"
#include "runner/base/util.h"

#define MAX_STEPS 2000000
#define MAX_CYCLES 128 /* groups of them */

struct search {
	const struct order_recording *r;
	uint32_t *by_held; /* edges, sorted by the lock they hold */
	uint32_t *first;   /* of each lock, in by_held; one more at the end */
	uint64_t *roles;   /* of each edge its id; 0: not asked for yet */
	uint32_t path[ORDER_CYCLE_MAX];
	size_t n, max;
	struct order_cycle *found;
	size_t n_found, cap_found;
	uint64_t n_steps;
	bool cut;
};

/* --- before and after --- */

static bool lower(uint32_t *reached, uint32_t to)
{
	if (*reached <= to)
		return false;
	*reached = to;
	return true;
}

/* The first segment of each thread that comes after the given one; NOBODY: none does. */
static bool follow(const struct order_recording *r, uint32_t *reached)
{
	bool changed = false;

	for (size_t i = 0; i < r->n_links; i++) {
		const struct hangrate_order_link *l = &r->links[i];
		uint32_t other = r->link_to[i];

		if (other == HANGRATE_ORDER_NOBODY)
			continue;
		if (l->kind == HANGRATE_ORDER_CREATE) {
			if (reached[l->thread] <= l->segment)
				changed |= lower(&reached[other], 0);
		} else if (reached[other] != HANGRATE_ORDER_NOBODY) {
			changed |= lower(&reached[l->thread], l->segment);
		}
	}
	for (size_t i = 0; i < r->n_threads; i++) {
		const struct hangrate_order_process *p =
			r->threads[i].process < r->n_processes
				? &r->processes[r->threads[i].process]
				: NULL;

		if (p && p->ready && p->parent < r->n_threads && reached[p->parent] <= p->segment)
			changed |= lower(&reached[i], 0);
	}
	return changed;
}

bool order_cycles_before(const struct order_recording *r, const struct hangrate_order_edge *a,
	const struct hangrate_order_edge *b)
{
	uint32_t *reached cleanup(cleanup_free) = mem_alloc(r->n_threads * sizeof(*reached));

	memset(reached, 0xff, r->n_threads * sizeof(*reached));
	reached[a->thread] = a->last_segment;
	while (follow(r, reached))
		;
	return a->thread != b->thread && reached[b->thread] <= b->first_segment;
}

/* --- what excludes a cycle --- */

/* Locks as index * 2, plus 1 where only read. */
static uint32_t held_of(const struct hangrate_order_edge *e)
{
	return e->held * 2 + !!(e->how & HANGRATE_ORDER_HELD_READ);
}

static bool exclude(uint32_t a, uint32_t b)
{
	return a / 2 == b / 2 && !(a & b & 1);
}

static bool excludes_any(uint32_t lock, const struct hangrate_order_edge *e)
{
	if (exclude(lock, held_of(e)))
		return true;
	for (uint32_t i = 0; i < e->n_gates; i++)
		if (exclude(lock, e->gates[i]))
			return true;
	return false;
}

/* Both can't be where they are at the same time. */
static bool share_gate(const struct hangrate_order_edge *a, const struct hangrate_order_edge *b)
{
	if (excludes_any(held_of(a), b))
		return true;
	for (uint32_t i = 0; i < a->n_gates; i++)
		if (excludes_any(a->gates[i], b))
			return true;
	return false;
}

/* Whether who wants it has to wait for who holds it; *ret_writer: only with a writer between. */
static bool waits_for(const struct order_recording *r, const struct hangrate_order_edge *wants,
	const struct hangrate_order_edge *holds, bool *ret_writer)
{
	uint32_t flags = r->locks[wants->wanted].flags;

	*ret_writer = false;
	if (wants->wanted != holds->held)
		return false;
	if (!(wants->how & HANGRATE_ORDER_WANTED_READ) || !(holds->how & HANGRATE_ORDER_HELD_READ))
		return true;
	*ret_writer = true;
	return flags & HANGRATE_ORDER_WRITER_FIRST && flags & HANGRATE_ORDER_WRITTEN;
}

/* A semaphore that threads hand to each other, or that lets in several, is no lock. */
static bool is_lock(const struct hangrate_order_lock *l)
{
	return !(l->flags & (HANGRATE_ORDER_FOREIGN | HANGRATE_ORDER_COUNTING));
}

static bool fits(struct search *s, uint32_t edge)
{
	const struct hangrate_order_edge *e = &s->r->edges[edge];

	for (size_t i = 0; i < s->n; i++) {
		const struct hangrate_order_edge *other = &s->r->edges[s->path[i]];

		if (other->thread == e->thread || share_gate(other, e))
			return false;
	}
	return true;
}

static bool is_ordered(const struct search *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->n; k++)
			if (i != k && order_cycles_before(s->r, &s->r->edges[s->path[i]],
					      &s->r->edges[s->path[k]]))
				return true;
	return false;
}

/* --- the search --- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Of a place of an edge; where it has no name, by its address. */
static uint64_t role_id(struct search *s, uint32_t edge)
{
	const struct hangrate_order_edge *e = &s->r->edges[edge];
	char *held cleanup(cleanup_free) = NULL, *wanted cleanup(cleanup_free) = NULL;

	if (s->roles[edge])
		return s->roles[edge];
	held = order_recording_place(s->r, e->thread, e->held_at);
	wanted = order_recording_place(s->r, e->thread, e->wanted_at);
	s->roles[edge] = hash_mix((held ? order_place_id(held) : e->held_at[0]) +
				  2 * (wanted ? order_place_id(wanted) : e->wanted_at[0]));
	return s->roles[edge];
}

/* Of the set of places: philosophers are one cycle whatever their number. */
static uint64_t places_of(struct search *s)
{
	uint64_t ids[ORDER_CYCLE_MAX], h = HASH_START;

	for (size_t i = 0; i < s->n; i++)
		ids[i] = role_id(s, s->path[i]);
	qsort(ids, s->n, sizeof(ids[0]), by_value);
	for (size_t i = 0; i < s->n; i++)
		if (!i || ids[i] != ids[i - 1])
			h = hash_mix(h ^ ids[i]);
	return h ? h : 1;
}

static void add(struct search *s, bool needs_writer)
{
	struct order_cycle *c = NULL;
	uint64_t places = places_of(s);

	for (size_t i = 0; i < s->n_found && !c; i++)
		if (s->found[i].places == places)
			c = &s->found[i];
	s->n_steps += s->r->n_links + s->r->n_threads;
	if (is_ordered(s))
		return;
	if (c && c->needs_writer <= needs_writer) {
		c->count++;
		return;
	}
	if (!c && s->n_found == MAX_CYCLES) {
		s->cut = true;
		return;
	}
	if (!c) {
		s->found = mem_grow(s->found, s->n_found, &s->cap_found, sizeof(*s->found));
		c = &s->found[s->n_found++];
	}
	c->n = s->n;
	memcpy(c->edges, s->path, sizeof(c->edges));
	c->needs_writer = needs_writer;
	c->places = places;
	c->count++;
}

/* Each cycle once: begins at its lowest edge. */
static void extend(struct search *s, bool needs_writer)
{
	const struct hangrate_order_edge *last = &s->r->edges[s->path[s->n - 1]];
	bool writer;

	if (s->n > 1 && waits_for(s->r, last, &s->r->edges[s->path[0]], &writer)) {
		if (s->n == s->max)
			add(s, needs_writer || writer);
		return;
	}
	for (uint32_t i = s->first[last->wanted];
		i < s->first[last->wanted + 1] && s->n < s->max && !s->cut; i++) {
		uint32_t edge = s->by_held[i];

		if (++s->n_steps > MAX_STEPS)
			s->cut = true;
		if (edge <= s->path[0] || !waits_for(s->r, last, &s->r->edges[edge], &writer) ||
			!fits(s, edge))
			continue;
		s->path[s->n++] = edge;
		extend(s, needs_writer || writer);
		s->n--;
	}
}

/* Locks without a waiter, or whose holders want nothing, are in no cycle; nor are those that
 * only they lead to. A program that keeps one order has nothing left. */
static void trim(const struct order_recording *r, bool *out)
{
	uint32_t *wanted cleanup(cleanup_free) = NULL, *held cleanup(cleanup_free) = NULL;
	bool changed = true;

	wanted = mem_alloc(HANGRATE_ORDER_LOCKS * sizeof(*wanted));
	held = mem_alloc(HANGRATE_ORDER_LOCKS * sizeof(*held));
	for (size_t i = 0; i < r->n_edges; i++)
		out[i] = !is_lock(&r->locks[r->edges[i].held]);
	while (changed) {
		changed = false;
		memset(wanted, 0, HANGRATE_ORDER_LOCKS * sizeof(*wanted));
		memset(held, 0, HANGRATE_ORDER_LOCKS * sizeof(*held));
		for (size_t i = 0; i < r->n_edges; i++) {
			wanted[r->edges[i].wanted] += !out[i];
			held[r->edges[i].held] += !out[i];
		}
		for (size_t i = 0; i < r->n_edges; i++) {
			if (out[i] || (wanted[r->edges[i].held] && held[r->edges[i].wanted]))
				continue;
			out[i] = changed = true;
		}
	}
}

static void sort_by_held(struct search *s)
{
	const struct order_recording *r = s->r;
	bool *out cleanup(cleanup_free) = mem_alloc(r->n_edges + 1);

	trim(r, out);
	s->by_held = mem_alloc((r->n_edges + 1) * sizeof(*s->by_held));
	/* After the last pass first[lock] is where those of that lock begin. */
	s->first = mem_alloc((HANGRATE_ORDER_LOCKS + 2) * sizeof(*s->first));
	for (size_t i = 0; i < r->n_edges; i++)
		s->first[r->edges[i].held + 2] += !out[i];
	for (size_t i = 2; i < HANGRATE_ORDER_LOCKS + 2; i++)
		s->first[i] += s->first[i - 1];
	for (uint32_t i = 0; i < r->n_edges; i++)
		if (!out[i])
			s->by_held[s->first[r->edges[i].held + 1]++] = i;
}

void order_cycles_find(const struct order_recording *r, struct order_cycle **ret_cycles,
	size_t *ret_n, bool *ret_cut)
{
	struct search s = { .r = r };

	s.roles = mem_alloc((r->n_edges + 1) * sizeof(*s.roles));
	sort_by_held(&s);
	for (s.max = 2; s.max <= ORDER_CYCLE_MAX && !s.cut; s.max++)
		for (uint32_t i = 0; i < s.first[HANGRATE_ORDER_LOCKS] && !s.cut; i++) {
			s.path[0] = s.by_held[i];
			s.n = 1;
			extend(&s, false);
		}
	free(s.by_held);
	free(s.first);
	free(s.roles);
	*ret_cycles = s.found;
	*ret_n = s.n_found;
	*ret_cut = s.cut;
}
