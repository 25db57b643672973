/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nothing is proven: the waits that tell most about why a tree does not get on. A guess about
 * where to look, never a verdict. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

/* process: SIZE_MAX for all. */
static size_t find_heaviest(const struct explanation *e, size_t process)
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

/* A wait that somebody else's explains: for a child, a thread, or something to read. */
static bool may_follow(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	enum wait_purpose purpose = wait_row(t->wait)->purpose;

	return !explain_is_futex(t) && t->wait != WAIT_FIFO_OPEN &&
	       !explain_is_edge_missed(e, thread) &&
	       (purpose == WAITS_FOR_CHILD || purpose == WAITS_FOR_INPUT ||
		       purpose == WAITS_FOR_ANY);
}

/* The heaviest wait of those who could end this one; SIZE_MAX: none of them waits. */
static size_t find_next(const struct explanation *e, size_t thread, bool *seen)
{
	size_t who[8], best = SIZE_MAX;
	size_t n = explain_waker_processes(e, thread, who, ARRAY_SIZE(who));

	for (size_t i = 0; i < n && i < ARRAY_SIZE(who); i++) {
		size_t next = seen[who[i]] ? SIZE_MAX : find_heaviest(e, who[i]);

		if (next != SIZE_MAX &&
			(e->s->threads[thread].wait == WAIT_CHILD ||
				!explain_is_asleep(&e->s->threads[next])) &&
			(best == SIZE_MAX || explain_weight(e, next) > explain_weight(e, best)))
			best = next;
	}
	return best;
}

/* From the heaviest wait on to what explains it, as far as there is another. */
size_t explain_find_first(const struct explanation *e)
{
	cleanup(cleanup_free) bool *seen = mem_alloc((e->s->n_processes + 1) * sizeof(bool));
	size_t first = find_heaviest(e, SIZE_MAX);

	while (first != SIZE_MAX && may_follow(e, first)) {
		size_t next;

		seen[e->s->threads[first].process] = true;
		next = find_next(e, first, seen);
		if (next == SIZE_MAX)
			break;
		first = next;
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

static bool wants_lock(const struct explanation *e, size_t thread)
{
	return explain_is_futex(&e->s->threads[thread]) &&
	       explain_primitive_is_lock(e->threads[thread].lock.primitive);
}

/* Blocked in the same way: each may be what the other waits for. */
static bool is_alike(const struct explanation *e, size_t thread, size_t first)
{
	if (wants_lock(e, thread) && wants_lock(e, first))
		return e->s->threads[thread].process == e->s->threads[first].process;
	return e->threads[thread].unrest && e->threads[first].unrest &&
	       explain_weight(e, thread) == explain_weight(e, first);
}

/* Which goroutines a thread polls for, and what it waits for. */
static char *tell_thread(const struct explanation *e, size_t thread)
{
	cleanup(cleanup_free) char *sentence = explain_sentence(e, thread);
	cleanup(cleanup_free) char *tasks = explain_polling_tasks(e, thread);

	return mem_printf("%s%s%s", tasks ? tasks : "", tasks ? ": " : "", sentence);
}

/* "NAME (pid 1): ..." where the sentence names a thread only, and, of a lock, what its holder does.
 */
static char *tell_with_owner(const struct explanation *e, size_t first, size_t *shown)
{
	size_t owner = e->threads[first].owner;
	cleanup(cleanup_free) char *sentence = tell_thread(e, first), *more = NULL;
	cleanup(cleanup_free) char *name = explain_process(e, e->s->threads[first].process);
	cleanup(cleanup_free) char *tasks = explain_polling_tasks(e, first);
	bool named = e->is_cause || tasks || !strncmp(sentence, name, strlen(name));

	if (owner != SIZE_MAX && owner != first && explain_weight(e, owner)) {
		more = tell_thread(e, owner);
		++*shown;
	}
	return mem_printf("%s%s%s%s%s", named ? "" : name, named ? "" : ": ", sentence,
		more ? "; " : "", more ? more : "");
}

/* A thread of a library's own (a pool's, a manager's) says nothing to a reader who knows only the
 * line of his that waits for it. SIZE_MAX none. */
static size_t find_user(const struct explanation *e, size_t first)
{
	const struct language_stack *l = &e->threads[first].language;

	if (!l->n || language_where(l))
		return SIZE_MAX;
	for (size_t i = 0; i < e->s->n_threads; i++)
		if (i != first && language_where(&e->threads[i].language) && waits_for(e, i, first))
			return i;
	return SIZE_MAX;
}

char *explain_unproven(const struct explanation *e)
{
	enum { SHOWN = 3 };
	size_t first = explain_find_first(e), shown = 1, user;
	char *text;

	if (first == SIZE_MAX)
		return NULL;
	text = tell_with_owner(e, first, &shown);
	user = find_user(e, first);
	if (user != SIZE_MAX) {
		cleanup(cleanup_free) char *last = text, *before = tell_thread(e, user);

		text = mem_printf("%s; %s", before, last);
		shown++;
	}
	for (size_t i = 0; i < e->s->n_threads && shown < SHOWN; i++) {
		cleanup(cleanup_free) char *before = NULL, *one = NULL;

		if (i == first || i == user || i == e->threads[first].owner ||
			!(waits_for(e, i, first) || is_alike(e, i, first)))
			continue;
		before = text;
		one = tell_thread(e, i);
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
