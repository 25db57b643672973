/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nothing is proven: the waits that tell most about why a tree does not get on. A guess about
 * where to look, never a verdict. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

/* process: SIZE_MAX for all. */
static size_t find_most_telling(const struct explanation *e, size_t process)
{
	unsigned int most = 0;
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < e->s->n_threads; i++) {
		unsigned int n = explain_weight(e, i);

		if (n <= most || (process != SIZE_MAX && e->s->threads[i].process != process))
			continue;
		most = n;
		found = i;
	}
	return found;
}

/* Who waits for a child tells less than the child. */
size_t explain_find_first(const struct explanation *e)
{
	size_t first = find_most_telling(e, SIZE_MAX);

	for (size_t i = 0; first != SIZE_MAX && i < e->s->n_processes; i++) {
		const struct thread *t = &e->s->threads[first];
		const struct object *o = t->n_objects ? &e->s->objects[t->objects[0]] : NULL;
		size_t child;

		if (t->wait != WAIT_CHILD || !o || !o->n_wakers)
			break;
		child = find_most_telling(e, e->s->threads[o->wakers[0]].process);
		if (child == SIZE_MAX)
			break;
		first = child;
	}
	return first;
}

/* Waits, in another process, for what the process of `first` does. */
static bool waits_for(const struct explanation *e, size_t thread, size_t first)
{
	const struct thread *t = &e->s->threads[thread];
	size_t wanted = e->s->threads[first].process;

	if (t->process == wanted || explain_weight(e, thread) == 0)
		return false;
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		for (size_t k = 0; k < o->n_wakers; k++)
			if (e->s->threads[o->wakers[k]].process == wanted)
				return true;
	}
	return false;
}

char *explain_unproven(const struct explanation *e)
{
	enum { SHOWN = 3 };
	size_t first = explain_find_first(e), shown = 1;
	char *text;

	if (first == SIZE_MAX)
		return NULL;
	text = explain_sentence(e, first);
	for (size_t i = 0; i < e->s->n_threads && shown < SHOWN; i++) {
		cleanup(cleanup_free) char *before = NULL, *one = NULL;

		if (!waits_for(e, i, first))
			continue;
		before = text;
		one = explain_sentence(e, i);
		text = mem_printf("%s; %s", before, one);
		shown++;
	}
	return text;
}

char *explain_unproven_key(const struct explanation *e)
{
	size_t first = explain_find_first(e);
	const struct thread *t = first == SIZE_MAX ? NULL : &e->s->threads[first];
	const struct unwind_frame *f = t ? explain_where(&e->threads[first]) : NULL;
	const char *go = t ? explain_go_name(e->threads[first].go) : NULL;

	if (!t)
		return mem_strdup("unproven");
	return mem_printf("unproven|%s|%s",
		go                     ? go
		: t->wait != WAIT_NONE ? wait_kind_name(t->wait)
				       : rest_name(t->rest),
		f && f->place.function ? f->place.function : "");
}
