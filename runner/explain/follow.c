/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which process waits for which in the end, over any number of others. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

/* A square table has a cell for each pair. Larger trees are told in the order of their threads. */
#define MAX_PROCESSES 256

/* Those whose threads could end a wait of this process. */
static void mark_wakers(const struct explanation *e, const struct process *p, bool *row)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];

		for (size_t k = 0; e->threads[i].stuck && k < t->n_objects; k++) {
			const struct object *o = &e->s->objects[t->objects[k]];

			for (size_t w = 0; w < o->n_wakers; w++)
				row[e->s->threads[o->wakers[w]].process] = true;
		}
	}
}

/* Warshall's closure. */
void explain_find_followers(struct explanation *e)
{
	size_t n = e->s->n_processes;

	if (n < 2 || n > MAX_PROCESSES)
		return;
	e->waits_for = mem_alloc(n * n * sizeof(bool));
	for (size_t i = 0; i < n; i++)
		mark_wakers(e, &e->s->processes[i], &e->waits_for[i * n]);
	for (size_t via = 0; via < n; via++)
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; e->waits_for[i * n + via] && k < n; k++)
				e->waits_for[i * n + k] =
					e->waits_for[i * n + k] || e->waits_for[via * n + k];
}

bool explain_follows(const struct explanation *e, size_t thread, size_t other)
{
	size_t n = e->s->n_processes, a = e->s->threads[thread].process,
	       b = e->s->threads[other].process;

	return e->waits_for && e->waits_for[a * n + b] && !e->waits_for[b * n + a];
}
