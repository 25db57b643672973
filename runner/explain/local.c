/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locks that are variables of a function, by the names that they have there. */
#include "runner/explain/internal.h"

#include "runner/explain/reader.h"
#include "runner/base/util.h"

/* The variable of a frame of this thread. NULL none. */
static char *find_in(const struct explain_thread *t, struct symbols *s, uint64_t address)
{
	for (size_t i = 0; i < t->stack.n; i++) {
		const struct unwind_frame *f = &t->stack.frames[i];
		char *name;

		if (f->inlined || address < f->registers.sp ||
			(f->registers.cfa && address >= f->registers.cfa))
			continue;
		name = symbols_name_local(s, &f->registers, address);
		if (name)
			return name;
	}
	return NULL;
}

/* The thread whose stack it is may be another: one that waits has a reference to it. */
static void name_local(struct explanation *e, size_t thread, struct symbols *s)
{
	struct explain_thread *t = &e->threads[thread];
	const struct process *p = &e->s->processes[e->s->threads[thread].process];
	char *name = NULL;
	int tid;

	if (t->lock_has_symbol || !t->lock_name ||
		sscanf(t->lock_name, "stack of thread %d", &tid) != 1)
		return;
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (e->s->threads[i].tid == tid)
			name = find_in(&e->threads[i], s, t->lock_address);
	if (!name)
		return;
	free(t->lock_name);
	t->lock_name = name;
	t->lock_has_symbol = true;
}

void explain_name_locals(struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		struct symbols *s = e->threads[i].wanted
					    ? readers_symbols(e->readers, e->s->threads[i].process)
					    : NULL;

		if (s)
			name_local(e, i, s);
	}
}
