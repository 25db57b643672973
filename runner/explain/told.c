/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which threads are told of, and in which order: the culprit first. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

#include <sys/syscall.h>

/* The weight of a wait: of several threads the heaviest is told of first. */
enum weight {
	TELLS_NOTHING,     /* parked, or a monitor: so it is in any process of that kind */
	TELLS_SLEEP,       /* sleeps with a timeout, waits for a signal */
	TELLS_CHILD,       /* waits for a child or a thread, which tells more */
	TELLS_EVENT,       /* waits for a wake-up: idle workers do */
	TELLS_READ,        /* waits for something to read */
	TELLS_LOCK,        /* wants what somebody has */
	TELLS_QUEUE,       /* waits beside a queue that somebody does not empty */
	TELLS_WRITE,       /* can't write: somebody does not read */
	TELLS_ORPHAN,      /* alone in a copy of a Go process: the rest of its runtime is missing */
	TELLS_RUNS,        /* spins, or is stopped, or can't be interrupted */
	TELLS_INTERPRETER, /* sleeps with the interpreter's lock: all other threads wait for it */
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

/* By the process itself alone, as a pipe that wakes its own event loop. */
static bool is_own(const struct snapshot *s, const struct thread *t, const struct object *o)
{
	for (size_t i = 0; i < o->n_wakers; i++)
		if (s->threads[o->wakers[i]].process != t->process)
			return false;
	return o->n_wakers > 0 && !o->external;
}

static bool polls_a_pipe_or_socket(const struct snapshot *s, const struct thread *t)
{
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &s->objects[t->objects[i]];

		if (o->kind == OBJECT_SOCKET || (o->kind == OBJECT_PIPE && !is_own(s, t, o)))
			return true;
	}
	return false;
}

static bool is_epoll(long nr)
{
	return nr == SYS_epoll_pwait || nr == SYS_epoll_pwait2
#ifdef SYS_epoll_wait
	       || nr == SYS_epoll_wait
#endif
		;
}

bool explain_is_edge_missed(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	/* Go's poller is edge-triggered, and its goroutines read when they come to it. */
	if (t->wait != WAIT_POLL || explain_is_poller(e, thread))
		return false;
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &e->s->objects[t->objects[i]];

		if (o->wait == WAIT_PIPE_EDGE && o->fill > 0)
			return true;
		/* A level-triggered one would have been told of. */
		if (o->kind == OBJECT_SOCKET && o->wait == WAIT_SOCK_READ && o->recvq > 0 &&
			is_epoll(t->syscall_nr))
			return true;
	}
	return false;
}

static enum weight weight_of_poll(const struct explanation *e, size_t thread)
{
	const struct snapshot *s = e->s;
	const struct thread *t = &s->threads[thread];
	cleanup(cleanup_free) char *tasks = NULL;

	if (has_full_queue(s, t) || explain_is_edge_missed(e, thread))
		return TELLS_QUEUE;
	tasks = explain_polling_tasks(e, thread);
	return tasks || polls_a_pipe_or_socket(s, t) ? TELLS_READ : TELLS_NOTHING;
}

static enum weight weight_of_futex(const struct explain_thread *t)
{
	if (t->lock.primitive == PRIMITIVE_JOIN)
		return TELLS_CHILD;
	return explain_primitive_is_lock(t->lock.primitive) ? TELLS_LOCK : TELLS_EVENT;
}

static enum weight weight_of_unrest(const struct explain_thread *x, const struct thread *t)
{
	if (t->rest == REST_RUNNING || t->rest == REST_STOPPED || t->rest == REST_DISK)
		return TELLS_RUNS;
	return x->unrest ? TELLS_LOCK : TELLS_SLEEP;
}

unsigned int explain_weight(const struct explanation *e, size_t thread)
{
	static const enum weight by_purpose[] = {
		[WAITS_FOR_NOTHING] = TELLS_SLEEP,
		[WAITS_FOR_LOCK] = TELLS_LOCK,
		[WAITS_FOR_INPUT] = TELLS_READ,
		[WAITS_FOR_SPACE] = TELLS_WRITE,
		[WAITS_FOR_CHILD] = TELLS_CHILD,
		[WAITS_FOR_SIGNAL] = TELLS_SLEEP,
		[WAITS_FOR_ANY] = TELLS_NOTHING, /* see weight_of_poll() */
	};
	_Static_assert(ARRAY_SIZE(by_purpose) == WAIT_PURPOSE_COUNT, "a row for each purpose");
	const struct thread *t = &e->s->threads[thread];
	enum explain_go_wait go = e->threads[thread].go;

	if (t->rest == REST_EXITING)
		return TELLS_NOTHING;
	if (e->threads[thread].language.holds_interpreter && t->state == 'S')
		return TELLS_INTERPRETER;
	if (go != GO_WAIT_NONE && go < GO_WAIT_POLLER && explain_is_lone_copy(e, thread))
		return TELLS_ORPHAN;
	if (go >= GO_WAIT_GC_WORKER && go != GO_WAIT_NONE)
		return TELLS_NOTHING;
	if (e->threads[thread].unrest)
		return weight_of_unrest(&e->threads[thread], t);
	if (t->wait == WAIT_POLL)
		return weight_of_poll(e, thread);
	if (explain_is_futex(t))
		return weight_of_futex(&e->threads[thread]);
	if (t->wait == WAIT_NONE)
		return weight_of_unrest(&e->threads[thread], t);
	return by_purpose[wait_row(t->wait)->purpose];
}

static bool is_of_cycle(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];

	return t->stuck && t->class == CLASS_LOCK_CYCLE && t->cause == e->threads[e->leaf].cause;
}

/* One lock without an owner to follow needs one sentence; other classes one per participant. */
static bool is_told(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];

	if (!t->stuck || thread == e->leaf)
		return t->stuck && thread == e->leaf;
	switch (e->class) {
	case CLASS_ORPHANED_LOCK:
	case CLASS_SELF_LOCK:
	case CLASS_ABANDONED_LOCK:
		return false;
	case CLASS_LOCK_CYCLE:
		/* Who only joins one of them is no part of it. */
		return is_of_cycle(e, thread) && t->lock.primitive != PRIMITIVE_JOIN;
	case CLASS_LOST_WAKEUP:
		return t->class == CLASS_LOST_WAKEUP;
	default:
		return t->class == e->class || t->class == CLASS_CHILD_WAIT ||
		       t->class == CLASS_MIXED ||
		       (e->class == CLASS_MIXED && thread == e->threads[e->leaf].cause);
	}
}

/* From a lock to its holder, so that both sides of a cycle stand together. */
static size_t list_holders(const struct explanation *e, size_t *ret_threads, bool *listed)
{
	size_t n = 0;

	for (size_t i = e->leaf;
		i != SIZE_MAX && !listed[i] && (is_told(e, i) || is_of_cycle(e, i));
		i = e->threads[i].owner) {
		listed[i] = true;
		ret_threads[n++] = i;
	}
	return n;
}

/* Of equally heavy ones the last that others wait for. */
static bool tells_more(const struct explanation *e, size_t thread, size_t than)
{
	unsigned int a = explain_weight(e, thread), b = explain_weight(e, than);

	return a > b || (a == b && explain_follows(e, than, thread));
}

static size_t find_heaviest(const struct explanation *e, const bool *listed)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < e->s->n_threads; i++)
		if (!listed[i] && is_told(e, i) && (best == SIZE_MAX || tells_more(e, i, best)))
			best = i;
	return best;
}

size_t explain_list_told(const struct explanation *e, size_t *ret_threads)
{
	cleanup(cleanup_free) bool *listed = mem_alloc((e->s->n_threads + 1) * sizeof(bool));
	size_t n = list_holders(e, ret_threads, listed);

	for (size_t i; (i = find_heaviest(e, listed)) != SIZE_MAX;) {
		listed[i] = true;
		ret_threads[n++] = i;
	}
	return n;
}

size_t explain_find_parent(const struct explanation *e, size_t process)
{
	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];

		for (size_t k = 0; t->wait == WAIT_CHILD && k < t->n_objects; k++) {
			const struct object *o = &e->s->objects[t->objects[k]];

			for (size_t w = 0; w < o->n_wakers; w++)
				if (e->s->threads[o->wakers[w]].process == process)
					return i;
		}
	}
	return SIZE_MAX;
}
