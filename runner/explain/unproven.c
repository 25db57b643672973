/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where nothing is proven: the waits that tell most about why a tree does not get on. A guess about
 * where to look, never a verdict. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

/* Of several threads the one to be told of first. */
enum telling {
	TELLS_NOTHING, /* parked, or a monitor: so it is in any process of that kind */
	TELLS_SLEEP,   /* runs, sleeps with a timeout, waits for a signal */
	TELLS_CHILD,   /* waits for a child, which tells more */
	TELLS_READ,    /* waits for something to read */
	TELLS_LOCK,    /* wants what somebody has */
	TELLS_QUEUE,   /* waits beside a queue that somebody does not empty */
	TELLS_WRITE,   /* can't write: somebody does not read */
	TELLS_ORPHAN,  /* alone in a copy of a Go process: the rest of its runtime is missing */
};

static bool has_full_queue(const struct snapshot *s, const struct thread *t)
{
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &s->objects[t->objects[i]];

		if (o->kind == OBJECT_SOCKET && (o->sendq > 0 || o->peer_sendq > 0))
			return true;
	}
	return false;
}

static bool polls_a_pipe_or_socket(const struct snapshot *s, const struct thread *t)
{
	for (size_t i = 0; i < t->n_objects; i++) {
		enum object_kind kind = s->objects[t->objects[i]].kind;

		if (kind == OBJECT_PIPE || kind == OBJECT_SOCKET)
			return true;
	}
	return false;
}

static enum telling telling_of_poll(const struct snapshot *s, const struct thread *t)
{
	if (has_full_queue(s, t))
		return TELLS_QUEUE;
	return polls_a_pipe_or_socket(s, t) ? TELLS_READ : TELLS_NOTHING;
}

static enum telling telling_of(const struct explanation *e, size_t thread)
{
	static const enum telling by_purpose[] = {
		[WAITS_FOR_NOTHING] = TELLS_SLEEP,
		[WAITS_FOR_LOCK] = TELLS_LOCK,
		[WAITS_FOR_INPUT] = TELLS_READ,
		[WAITS_FOR_SPACE] = TELLS_WRITE,
		[WAITS_FOR_CHILD] = TELLS_CHILD,
		[WAITS_FOR_SIGNAL] = TELLS_SLEEP,
		[WAITS_FOR_ANY] = TELLS_NOTHING, /* see telling_of_poll() */
	};
	_Static_assert(ARRAY_SIZE(by_purpose) == WAIT_PURPOSE_COUNT, "a row for each purpose");
	const struct thread *t = &e->s->threads[thread];
	enum explain_go_wait go = e->threads[thread].go;

	if (t->rest == REST_EXITING)
		return TELLS_NOTHING;
	if (go != GO_WAIT_NONE && go < GO_WAIT_POLLER && explain_is_lone_copy(e, thread))
		return TELLS_ORPHAN;
	if (go >= GO_WAIT_GC_WORKER && go != GO_WAIT_NONE)
		return TELLS_NOTHING;
	if (t->wait == WAIT_POLL)
		return telling_of_poll(e->s, t);
	return by_purpose[wait_row(t->wait)->purpose];
}

/* process: SIZE_MAX for all. */
static size_t find_most_telling(const struct explanation *e, size_t process)
{
	enum telling most = TELLS_NOTHING;
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < e->s->n_threads; i++) {
		enum telling n = telling_of(e, i);

		if (n <= most || (process != SIZE_MAX && e->s->threads[i].process != process))
			continue;
		most = n;
		found = i;
	}
	return found;
}

/* Who waits for a child tells less than the child. */
static size_t find_first(const struct explanation *e)
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

	if (t->process == wanted || telling_of(e, thread) == TELLS_NOTHING)
		return false;
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		for (size_t k = 0; k < o->n_wakers; k++)
			if (e->s->threads[o->wakers[k]].process == wanted)
				return true;
	}
	return false;
}

static const char *unrest(const struct thread *t)
{
	return t->rest_why[0] ? t->rest_why : rest_name(t->rest);
}

static char *tell(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	cleanup(cleanup_free) char *where = NULL;
	bool guessed;

	if (t->wait != WAIT_NONE || e->threads[thread].go != GO_WAIT_NONE)
		return explain_sentence(e, thread);
	where = explain_place(&e->threads[thread], &guessed);
	return mem_printf("thread %d \"%s\" of process %d (%s)%s%s", (int)t->tid, t->comm,
		(int)e->s->processes[t->process].pid, unrest(t), where ? " in " : "",
		where ? where : "");
}

char *explain_unproven(const struct explanation *e)
{
	enum { SHOWN = 3 };
	size_t first = find_first(e), shown = 1;
	char *text;

	if (first == SIZE_MAX)
		return NULL;
	text = tell(e, first);
	for (size_t i = 0; i < e->s->n_threads && shown < SHOWN; i++) {
		cleanup(cleanup_free) char *before = NULL, *one = NULL;

		if (!waits_for(e, i, first))
			continue;
		before = text;
		one = tell(e, i);
		text = mem_printf("%s; %s", before, one);
		shown++;
	}
	return text;
}

char *explain_unproven_key(const struct explanation *e)
{
	size_t first = find_first(e);
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
