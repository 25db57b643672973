/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What could still end the waits of a stuck set: named conditions, and who lives to signal it.
 * Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

struct unless {
	char *conditions[EXPLAIN_UNLESS_MAX];
	size_t n, more;
};

static void unless_done(struct unless *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->conditions[i]);
}

/* Takes the text over; each condition once. */
static void add(struct unless *u, char *condition)
{
	bool known = false;

	for (size_t i = 0; i < u->n; i++)
		known = known || !strcmp(u->conditions[i], condition);
	if (!known && u->n < EXPLAIN_UNLESS_MAX) {
		u->conditions[u->n++] = condition;
		return;
	}
	u->more += !known;
	free(condition);
}

/* A live thread can come to hold any object within reach. */
static void add_takers(const struct explanation *e, const struct object *o, struct unless *u)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		const struct process *p = &e->s->processes[i];
		bool lives = false;

		for (size_t k = p->first_thread; k < p->first_thread + p->n_threads; k++)
			lives |= e->p->grade[k] == STUCK_NOT &&
				 e->s->threads[k].rest != REST_EXITING;
		if (lives)
			add(u, mem_printf("process %d \"%s\" gets hold of %s", (int)p->pid, p->comm,
				       o->name));
	}
}

static void add_conditions(const struct explanation *e, size_t thread, struct unless *u)
{
	const struct thread *t = &e->s->threads[thread];
	const struct process *p = &e->s->processes[t->process];

	if (p->timer_unless[0])
		add(u, mem_strdup(p->timer_unless));
	if (p->ring_unless[0])
		add(u, mem_strdup(p->ring_unless));
	if (t->unless[0])
		add(u, mem_strdup(t->unless));
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		if (o->unless[0])
			add(u, mem_strdup(o->unless));
		if (o->within_reach)
			add_takers(e, o, u);
	}
}

/* Some thread of the process is neither stuck nor ended. */
static bool is_live(const struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (e->p->grade[i] < STUCK_UNLESS_SIGNALLED &&
			e->s->threads[i].rest != REST_EXITING)
			return true;
	return false;
}

static void add_signallers(const struct explanation *e, struct unless *u)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		const struct process *p = &e->s->processes[i];

		if (is_live(e, p))
			add(u, mem_printf("process %d \"%s\" signals it", (int)p->pid, p->comm));
	}
}

static void collect(const struct explanation *e, struct unless *u)
{
	bool signals = false;

	for (size_t i = 0; e->p && i < e->s->n_threads; i++) {
		if (!e->threads[i].stuck)
			continue;
		if (e->p->grade[i] == STUCK_UNLESS)
			add_conditions(e, i, u);
		signals = signals || e->p->grade[i] == STUCK_UNLESS_SIGNALLED;
	}
	if (signals)
		add_signallers(e, u);
}

char *explain_unless(const struct explanation *e)
{
	cleanup(unless_done) struct unless u = { 0 };
	char *text = NULL;

	collect(e, &u);
	for (size_t i = 0; i < u.n; i++) {
		cleanup(cleanup_free) char *before = text;

		text = before ? mem_printf("%s, or %s", before, u.conditions[i])
			      : mem_strdup(u.conditions[i]);
	}
	if (u.more) {
		cleanup(cleanup_free) char *before = text;

		text = mem_printf("%s, or one of %zu more conditions comes true", before, u.more);
	}
	return text;
}

size_t explain_list_unless(
	const struct explanation *e, char *ret_conditions[EXPLAIN_UNLESS_MAX], size_t *ret_more)
{
	struct unless u = { 0 };

	collect(e, &u);
	memcpy(ret_conditions, u.conditions, u.n * sizeof(*u.conditions));
	*ret_more = u.more;
	return u.n;
}
