/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/fixpoint.h"

#include "runner/base/invariant.h"
#include "runner/base/util.h"

void fixpoint_init(struct fixpoint *f, size_t n_threads, size_t n_nodes)
{
	*f = (struct fixpoint){ .n_threads = n_threads, .n_nodes = n_nodes };
	f->out = mem_alloc(n_threads * sizeof(bool));
	f->released_by = mem_alloc(n_threads * sizeof(size_t));
	f->queue = mem_alloc(n_threads * sizeof(size_t));
	f->released = mem_alloc(n_nodes * sizeof(bool));
	f->wakes.start = mem_alloc((n_threads + 1) * sizeof(size_t));
	f->waiters.start = mem_alloc((n_nodes + 1) * sizeof(size_t));
	for (size_t i = 0; i < n_threads; i++)
		f->released_by[i] = FIXPOINT_NOBODY;
}

static void edges_done(struct fixpoint_edges *e)
{
	free(e->start);
	free(e->to);
}

void fixpoint_done(struct fixpoint *f)
{
	free(f->out);
	free(f->released_by);
	free(f->queue);
	free(f->released);
	edges_done(&f->wakes);
	edges_done(&f->waiters);
	*f = (struct fixpoint){ 0 };
}

static void edge_add(struct fixpoint_edges *e, size_t from, size_t to, bool fill)
{
	size_t at = e->start[from]++;

	if (fill)
		e->to[at] = to;
}

void fixpoint_add_waker(struct fixpoint *f, size_t node, size_t thread)
{
	INVARIANT(thread < f->n_threads && node < f->n_nodes);
	edge_add(&f->wakes, thread, node, f->fills);
}

void fixpoint_add_waiter(struct fixpoint *f, size_t node, size_t thread)
{
	INVARIANT(thread < f->n_threads && node < f->n_nodes);
	edge_add(&f->waiters, node, thread, f->fills);
}

/* Turns counts into offsets; start[i] is then where the edges of i begin. */
static void edges_index(struct fixpoint_edges *e, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i <= n; i++) {
		size_t count = e->start[i];

		e->start[i] = sum;
		sum += count;
	}
	e->to = mem_alloc(sum * sizeof(size_t));
}

/* Filling moved every start to its end, which is where the next one began. */
static void edges_rewind(struct fixpoint_edges *e, size_t n)
{
	memmove(e->start + 1, e->start, n * sizeof(size_t));
	e->start[0] = 0;
}

void fixpoint_build(struct fixpoint *f, fixpoint_add_fn add, void *arg)
{
	add(f, arg);
	edges_index(&f->wakes, f->n_threads);
	edges_index(&f->waiters, f->n_nodes);
	f->fills = true;
	add(f, arg);
	edges_rewind(&f->wakes, f->n_threads);
	edges_rewind(&f->waiters, f->n_nodes);
}

void fixpoint_release_thread(struct fixpoint *f, size_t thread, size_t by)
{
	if (f->out[thread])
		return;
	f->out[thread] = true;
	f->released_by[thread] = by;
	f->queue[f->n_queue++] = thread;
}

void fixpoint_release_node(struct fixpoint *f, size_t node, size_t by)
{
	if (f->released[node])
		return;
	f->released[node] = true;
	for (size_t i = f->waiters.start[node]; i < f->waiters.start[node + 1]; i++)
		fixpoint_release_thread(f, f->waiters.to[i], by);
}

void fixpoint_run(struct fixpoint *f)
{
	while (f->n_queue) {
		size_t t = f->queue[--f->n_queue];

		for (size_t i = f->wakes.start[t]; i < f->wakes.start[t + 1]; i++)
			fixpoint_release_node(f, f->wakes.to[i], t);
	}
}
