/* SPDX-License-Identifier: GPL-3.0-or-later */
/* explain/released.c: why a thread is not stuck. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#define COULD_WAKE_BY_CHAIN                                                                   \
	"thread %d \"%s\" of process %d could wake it, and is in turn waiting for thread %d " \
	"\"%s\" (%s)"
#define RAN_BETWEEN "it, or a possible waker, ran between the two snapshots"
#define EXTERNAL "something outside could wake it"

static const char *unrest(const struct thread *t)
{
	return t->rest_why[0] ? t->rest_why : rest_name(t->rest);
}

/* The thread that could wake it and, if that one sleeps too, the runnable one at the end. */
static char *describe_waker(const struct explanation *e, size_t by)
{
	const struct thread *w = &e->s->threads[by], *last = w;
	int pid = (int)e->s->processes[w->process].pid;

	for (size_t i = by; i != SIZE_MAX; i = e->p->released_by[i])
		last = &e->s->threads[i];
	if (last == w)
		return mem_printf("thread %d \"%s\" of process %d could wake it (%s)", (int)w->tid,
			w->comm, pid, unrest(w));
	return mem_printf(COULD_WAKE_BY_CHAIN, (int)w->tid, w->comm, pid, (int)last->tid,
		last->comm, unrest(last));
}

/* Why a thread that is not stuck proves nothing. */
char *explain_released(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	size_t by = e->p->released_by[thread];
	const char *unless;

	if (by != SIZE_MAX)
		return describe_waker(e, by);
	if (t->rest != REST_YES)
		return mem_strdup(unrest(t));
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		if (o->external)
			return mem_strdup(o->external_why[0] ? o->external_why : EXTERNAL);
		if (o->unless[0])
			return mem_printf("stuck unless %s", o->unless);
	}
	unless = t->unless[0] ? t->unless : process_unless(&e->s->processes[t->process]);
	if (unless[0])
		return mem_printf("stuck unless %s", unless);
	return mem_strdup(RAN_BETWEEN);
}
