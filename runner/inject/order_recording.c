/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/order_recording.h"

#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <inttypes.h>

static size_t at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static void *copy(const void *from, size_t n, size_t size)
{
	void *to = mem_alloc((n ? n : 1) * size);

	memcpy(to, from, n * size);
	return to;
}

/* What was not published may be half-written: zero. */
#define COPY(r, shared, table, max)                                                      \
	do {                                                                             \
		(r)->n_##table = at_most((shared)->n_##table, max);                      \
		(r)->table = copy((shared)->table, (r)->n_##table, sizeof(*(r)->table)); \
		for (size_t i_ = 0; i_ < (r)->n_##table; i_++)                           \
			if (!(r)->table[i_].ready)                                       \
				memset(&(r)->table[i_], 0, sizeof(*(r)->table));         \
	} while (0)

static bool is_lock(const struct order_recording *r, uint32_t lock)
{
	return lock < HANGRATE_ORDER_LOCKS && r->locks[lock].ready;
}

static bool is_sound(const struct order_recording *r, const struct hangrate_order_edge *e)
{
	if (e->thread >= r->n_threads || !r->threads[e->thread].ready || !is_lock(r, e->held) ||
		!is_lock(r, e->wanted) || e->held == e->wanted || e->n_gates > HANGRATE_ORDER_GATES)
		return false;
	for (uint32_t i = 0; i < e->n_gates; i++)
		if (!is_lock(r, e->gates[i] / 2))
			return false;
	return true;
}

static void copy_edges(const struct hangrate_order *shared, struct order_recording *r)
{
	size_t cap = 0;

	for (size_t i = 0; i < HANGRATE_ORDER_EDGES; i++) {
		struct hangrate_order_edge e;

		if (!__atomic_load_n(&shared->edges[i].ready, __ATOMIC_ACQUIRE))
			continue;
		e = shared->edges[i];
		if (!is_sound(r, &e)) {
			r->dropped++;
			continue;
		}
		r->edges = mem_grow(r->edges, r->n_edges, &cap, sizeof(*r->edges));
		r->edges[r->n_edges++] = e;
	}
}

/* The thread that a link is about: pthread_self() may have been another's before, or be later. */
static uint32_t other_thread(const struct order_recording *r, const struct hangrate_order_link *l)
{
	uint32_t best = HANGRATE_ORDER_NOBODY;

	if (!l->ready || l->thread >= r->n_threads)
		return best;
	for (uint32_t i = 0; i < r->n_threads; i++) {
		const struct hangrate_order_thread *t = &r->threads[i];

		if (!t->ready || t->self != l->other || t->process != r->threads[l->thread].process)
			continue;
		if (l->kind == HANGRATE_ORDER_CREATE
				? t->serial > l->serial &&
					  (best == HANGRATE_ORDER_NOBODY ||
						  t->serial < r->threads[best].serial)
				: t->serial < l->serial &&
					  (best == HANGRATE_ORDER_NOBODY ||
						  t->serial > r->threads[best].serial))
			best = i;
	}
	return best;
}

static void check_names(struct order_recording *r)
{
	for (size_t i = 0; i < r->n_modules; i++) {
		struct hangrate_order_module *m = &r->modules[i];

		m->path[sizeof(m->path) - 1] = m->name[sizeof(m->name) - 1] = '\0';
		for (char *c = m->path; *c; c++)
			if (*c < ' ' || *c == 0x7f)
				*c = '?';
		for (char *c = m->name; *c; c++)
			if (*c <= ' ' || *c > '~')
				*c = '?';
	}
}

void order_recording_read(const struct hangrate_order *shared, struct order_recording *ret)
{
	struct order_recording r = { 0 };

	COPY(&r, shared, processes, HANGRATE_ORDER_PROCESSES);
	COPY(&r, shared, modules, HANGRATE_ORDER_MODULES);
	COPY(&r, shared, threads, HANGRATE_ORDER_THREADS);
	COPY(&r, shared, links, HANGRATE_ORDER_LINKS);
	r.locks = copy(shared->locks, HANGRATE_ORDER_LOCKS, sizeof(*r.locks));
	check_names(&r);
	r.link_to = mem_alloc((r.n_links + 1) * sizeof(*r.link_to));
	for (size_t i = 0; i < r.n_links; i++)
		r.link_to[i] = other_thread(&r, &r.links[i]);
	copy_edges(shared, &r);
	r.acquisitions = shared->acquisitions;
	r.dropped += shared->dropped_edges + shared->dropped_locks + shared->dropped_links +
		     shared->dropped_held;
	*ret = r;
}

void order_recording_done(struct order_recording *r)
{
	free(r->processes);
	free(r->modules);
	free(r->threads);
	free(r->links);
	free(r->link_to);
	free(r->locks);
	free(r->edges);
	*r = (struct order_recording){ 0 };
}

const struct hangrate_order_module *order_recording_module(
	const struct order_recording *r, uint32_t process, uint64_t address)
{
	if (process >= r->n_processes)
		return NULL;
	for (size_t i = 0; i < r->n_modules; i++) {
		const struct hangrate_order_module *m = &r->modules[i];

		if (m->ready && m->process == r->processes[process].modules &&
			address >= m->begin && address < m->end)
			return m;
	}
	return NULL;
}

char *order_recording_name_in(const struct order_recording *r, uint32_t process, uint64_t address)
{
	const struct hangrate_order_module *m = order_recording_module(r, process, address);

	return m ? mem_printf("%s+0x%" PRIx64, m->name, address - m->base)
		 : mem_printf("?+0x%" PRIx64, address);
}

char *order_recording_name(const struct order_recording *r, uint32_t thread, uint64_t address)
{
	return order_recording_name_in(
		r, thread < r->n_threads ? r->threads[thread].process : UINT32_MAX, address);
}

/* The first caller that is not everybody's at this place; 0: there is none. */
static uint64_t telling_caller(const struct order_recording *r, const uint64_t at[])
{
	for (unsigned int k = 1; k < HANGRATE_ORDER_FRAMES && at[k]; k++)
		for (size_t i = 0; i < r->n_edges; i++) {
			const struct hangrate_order_edge *e = &r->edges[i];

			if ((e->held_at[0] == at[0] && e->held_at[k] != at[k]) ||
				(e->wanted_at[0] == at[0] && e->wanted_at[k] != at[k]))
				return at[k];
		}
	return 0;
}

char *order_recording_place(
	const struct order_recording *r, uint32_t thread, const uint64_t at[HANGRATE_ORDER_FRAMES])
{
	uint64_t caller = telling_caller(r, at);
	char *site = order_recording_name(r, thread, at[0]), *by, *both;

	if (*site == '?') {
		free(site);
		return NULL;
	}
	by = caller ? order_recording_name(r, thread, caller) : mem_strdup("?");
	if (*by == '?') {
		free(by);
		return site;
	}
	both = mem_printf("%s@%s", site, by);
	free(site);
	free(by);
	return both;
}

uint64_t order_place_id(const char *name)
{
	uint64_t h = hash_bytes(HASH_START, name, strlen(name));

	return h ? h : 1;
}
