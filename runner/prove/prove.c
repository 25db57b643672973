/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof rule as a graph walk. Nodes are the threads of the second snapshot and the objects of
 * both; whoever is not at rest frees the objects that it is a waker of, an object that is freed
 * frees its waiters, and what is never reached is the stuck set: the greatest set that is closed
 * under "everyone who could wake me is in it". docs/proof.md argues why that is sound.
 */
#include "runner/prove/prove.h"

#include "runner/prove/blocked.h"
#include "runner/base/util.h"

#include <signal.h>

#include <sys/syscall.h>
#include <sys/wait.h>

/* Edges in both directions, as offsets into one array each. */
struct edges {
	size_t *start; /* n + 1 of them */
	size_t *to;
};

struct walk {
	const struct snapshot *first, *second;
	size_t n_threads; /* of the second snapshot */
	/* Objects of the second snapshot, then those of the first, then one node a process of the
	 * second: "some child of it, also one that is not there yet". */
	size_t n_nodes, child_wait;
	size_t *first_of; /* second thread -> the same thread in the first, or PROVE_NOWHERE */
	size_t *second_of;
	bool *inert;    /* a zombie in both: it can neither wait nor wake */
	bool *runnable; /* not in the stuck set */
	size_t *released_by;
	bool *released;       /* node: some waker is out */
	bool *waker_gone;     /* node: a waker is gone, unknown or impossible */
	struct edges wakes;   /* thread -> nodes that it is a waker of */
	struct edges waiters; /* node -> threads */
	size_t *queue, n_queue;
};

static bool is_at_rest(const struct walk *w, size_t i)
{
	size_t before = w->first_of[i];

	return before != PROVE_NOWHERE && prove_is_at_rest(w->first, &w->first->threads[before],
						  w->second, &w->second->threads[i]);
}

static bool is_inert(const struct walk *w, size_t i)
{
	return w->first_of[i] != PROVE_NOWHERE && prove_is_zombie(&w->second->threads[i]) &&
	       prove_is_zombie(&w->first->threads[w->first_of[i]]);
}

/* --- edges --- */

static const struct object *node_object(const struct walk *w, size_t node)
{
	static const struct object none = { .kind = OBJECT_OTHER };
	size_t n = w->second->n_objects;

	if (node >= w->child_wait)
		return &none;

	return node < n ? &w->second->objects[node] : &w->first->objects[node - n];
}

/* The waker of a node as a thread of the second snapshot, PROVE_NOWHERE when it is gone or
 * nonsense. */
static size_t node_waker(const struct walk *w, size_t node, size_t i)
{
	size_t t = node_object(w, node)->wakers[i];

	if (node < w->second->n_objects)
		return t < w->n_threads ? t : PROVE_NOWHERE;
	return t < w->first->n_threads ? w->second_of[t] : PROVE_NOWHERE;
}

static bool is_dead_process(const struct walk *w, size_t thread)
{
	const struct process *p = prove_process_of(w->second, &w->second->threads[thread]);

	if (!p || p->first_thread > w->n_threads || p->n_threads > w->n_threads - p->first_thread)
		return true;
	for (size_t i = 0; i < p->n_threads; i++)
		if (!w->inert[p->first_thread + i])
			return false;
	return true;
}

/*
 * A zombie wakes nobody: it closed its files before it became one. But somebody who waits for a
 * child that is dead as a whole is about to be woken, or the child's end was missed.
 */
static bool is_gone_waker(const struct walk *w, size_t node, size_t t)
{
	return t == PROVE_NOWHERE ||
	       (w->inert[t] && node_object(w, node)->kind == OBJECT_CHILDREN &&
		       is_dead_process(w, t));
}

/* Turns counts into offsets; start[i] is then where the edges of i begin. */
static void edges_index(struct edges *e, size_t n)
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
static void edges_rewind(struct edges *e, size_t n)
{
	memmove(e->start + 1, e->start, n * sizeof(size_t));
	e->start[0] = 0;
}

static void edges_done(struct edges *e)
{
	free(e->start);
	free(e->to);
}

/*
 * A wait for any child is ended by a child that is born later too: any thread of the process may
 * fork one, and an orphan further down comes to a parent that is a subreaper or the first of its
 * pid namespace. So everyone at and below the process counts.
 */
static void build_child_wait(struct walk *w, size_t thread, bool fill)
{
	size_t process = w->second->threads[thread].process, steps = 0;

	while (process < w->second->n_processes && steps++ < w->second->n_processes) {
		size_t at = w->wakes.start[thread]++;

		if (fill)
			w->wakes.to[at] = w->child_wait + process;
		process = w->second->processes[process].parent;
	}
}

static bool waits_for_any_child(const struct thread *t)
{
	bool one = (t->syscall_nr == SYS_wait4 && (int)t->args[0] > 0) ||
		   (t->syscall_nr == SYS_waitid && (t->args[0] == P_PID || t->args[0] == P_PIDFD));

	return t->wait == WAIT_CHILD && !one;
}

/* Somebody was there in the first collect and is gone: whose child it was is not asked. */
static bool is_anyone_gone(const struct walk *w)
{
	for (size_t i = 0; i < w->first->n_threads; i++)
		if (w->second_of[i] == PROVE_NOWHERE && !prove_is_zombie(&w->first->threads[i]))
			return true;
	return false;
}

static void build_wakes(struct walk *w)
{
	bool gone = is_anyone_gone(w);

	w->wakes.start = mem_alloc((w->n_threads + 1) * sizeof(size_t));
	for (size_t node = 0; node < w->n_nodes; node++) {
		for (size_t i = 0; i < node_object(w, node)->n_wakers; i++) {
			size_t t = node_waker(w, node, i);

			if (is_gone_waker(w, node, t))
				w->waker_gone[node] = true;
			else
				w->wakes.start[t]++;
		}
	}
	for (size_t i = 0; i < w->n_threads; i++)
		build_child_wait(w, i, false);
	edges_index(&w->wakes, w->n_threads);
	for (size_t node = 0; node < w->n_nodes; node++) {
		for (size_t i = 0; i < node_object(w, node)->n_wakers; i++) {
			size_t t = node_waker(w, node, i);

			if (!is_gone_waker(w, node, t))
				w->wakes.to[w->wakes.start[t]++] = node;
		}
	}
	for (size_t i = 0; i < w->n_threads; i++)
		build_child_wait(w, i, true);
	for (size_t node = w->child_wait; node < w->n_nodes; node++)
		w->waker_gone[node] = gone;
	edges_rewind(&w->wakes, w->n_threads);
}

static void add_waiter(struct edges *e, size_t node, size_t thread, bool fill)
{
	size_t at = e->start[node]++;

	if (fill)
		e->to[at] = thread;
}

/* A thread waits on the objects of both its snapshots: who held an end in the first may have
 * handed it on before the second. */
static void add_waits(struct walk *w, size_t thread, bool fill)
{
	const struct thread *b = &w->second->threads[thread], *a;

	if (w->runnable[thread] || w->inert[thread])
		return;
	a = &w->first->threads[w->first_of[thread]];
	for (size_t k = 0; k < b->n_objects; k++) {
		add_waiter(&w->waiters, b->objects[k], thread, fill);
		add_waiter(&w->waiters, w->second->n_objects + a->objects[k], thread, fill);
	}
	if (waits_for_any_child(b))
		add_waiter(&w->waiters, w->child_wait + b->process, thread, fill);
}

static void build_waiters(struct walk *w)
{
	w->waiters.start = mem_alloc((w->n_nodes + 1) * sizeof(size_t));
	for (size_t i = 0; i < w->n_threads; i++)
		add_waits(w, i, false);
	edges_index(&w->waiters, w->n_nodes);
	for (size_t i = 0; i < w->n_threads; i++)
		add_waits(w, i, true);
	edges_rewind(&w->waiters, w->n_nodes);
}

/* --- rules 2 and 3: the fixpoint --- */

static void mark_runnable(struct walk *w, size_t thread, size_t by)
{
	if (w->runnable[thread] || w->inert[thread])
		return;
	w->runnable[thread] = true;
	w->released_by[thread] = by;
	w->queue[w->n_queue++] = thread;
}

static void release_node(struct walk *w, size_t node, size_t by)
{
	if (w->released[node])
		return;
	w->released[node] = true;
	for (size_t i = w->waiters.start[node]; i < w->waiters.start[node + 1]; i++)
		mark_runnable(w, w->waiters.to[i], by);
}

static void propagate(struct walk *w)
{
	while (w->n_queue) {
		size_t t = w->queue[--w->n_queue];

		for (size_t i = w->wakes.start[t]; i < w->wakes.start[t + 1]; i++)
			release_node(w, w->wakes.to[i], t);
	}
}

/* A process that could not be read may hold anything: then nothing can be said of anyone. */
static bool is_blind(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++) {
		const struct process *p = &s->processes[i];

		if (p->readable)
			continue;
		if (!p->n_threads || p->first_thread > s->n_threads ||
			p->n_threads > s->n_threads - p->first_thread)
			return true;
		for (size_t k = 0; k < p->n_threads; k++)
			if (!prove_is_zombie(&s->threads[p->first_thread + k]))
				return true;
	}
	return false;
}

static void walk_init(struct walk *w, const struct snapshot *first, const struct snapshot *second)
{
	bool blind = is_blind(first) || is_blind(second);
	size_t n = second->n_threads;

	*w = (struct walk){ .first = first, .second = second, .n_threads = n };
	w->child_wait = second->n_objects + first->n_objects;
	w->n_nodes = w->child_wait + second->n_processes;
	w->first_of = mem_alloc(n * sizeof(size_t));
	w->second_of = mem_alloc(first->n_threads * sizeof(size_t));
	prove_match_threads(first, second, w->second_of, w->first_of);
	w->inert = mem_alloc(n * sizeof(bool));
	w->runnable = mem_alloc(n * sizeof(bool));
	w->released_by = mem_alloc(n * sizeof(size_t));
	w->queue = mem_alloc(n * sizeof(size_t));
	w->released = mem_alloc(w->n_nodes * sizeof(bool));
	w->waker_gone = mem_alloc(w->n_nodes * sizeof(bool));
	for (size_t i = 0; i < n; i++) {
		w->released_by[i] = PROVE_NOWHERE;
		w->inert[i] = is_inert(w, i);
		if (!w->inert[i] && (blind || !is_at_rest(w, i)))
			mark_runnable(w, i, PROVE_NOWHERE);
	}
	build_wakes(w);
	build_waiters(w);
}

static void walk_done(struct walk *w)
{
	free(w->first_of);
	free(w->second_of);
	free(w->inert);
	free(w->runnable);
	free(w->released_by);
	free(w->queue);
	free(w->released);
	free(w->waker_gone);
	edges_done(&w->wakes);
	edges_done(&w->waiters);
}

/* --- rule 5: may the whole trial be ended now? --- */

static bool is_anyone_live(const struct walk *w)
{
	for (size_t i = 0; i < w->n_threads; i++)
		if (w->runnable[i])
			return true;
	return false;
}

/* A live process could kill another, whose end closes files and ends a wait for it. */
static bool waits_on_another_process(const struct walk *w, size_t thread)
{
	const struct thread *t = &w->second->threads[thread];

	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = prove_object_of(w->second, t, i);

		for (size_t k = 0; o && k < o->n_wakers; k++)
			if (o->wakers[k] < w->n_threads &&
				w->second->threads[o->wakers[k]].process != t->process)
				return true;
	}
	return false;
}

/* A part of a live tree may be woken by a handler of its own, for a signal that the live part
 * sends. A runtime that catches nearly every signal for itself (Go) says nothing by that. */
#define RUNTIME_HANDLERS 32

#define BIT(signo) (UINT64_C(1) << ((signo)-1))

/* Handlers that somebody else's signal could be meant for. Faults come from the thread itself, 32
 * to 34 are the libc's. A Go library in a C program catches the faults, and SIGURG and SIGPIPE for
 * its own ends (Go's os/signal, "Go programs that use cgo or SWIG"). */
uint64_t prove_handlers_for_others(uint64_t caught)
{
	const uint64_t faults = BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE);
	const uint64_t own = faults | BIT(SIGILL) | BIT(SIGSYS) | BIT(32) | BIT(33) | BIT(34);

	if (__builtin_popcountll(caught) >= RUNTIME_HANDLERS)
		return 0;
	if ((caught & (faults | BIT(SIGURG))) == (faults | BIT(SIGURG)))
		caught &= ~(BIT(SIGURG) | BIT(SIGPIPE));
	return caught & ~own;
}

/* What lives may also have been meant to end the wait for a signal, if only with the process: a
 * child that waits to be killed is as it should be. */
static void honour_handlers(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t i = 0; i < w->n_threads; i++) {
		const struct thread *t = &w->second->threads[i];
		const struct process *p = prove_process_of(w->second, t);

		if (t->wait == WAIT_SIGNAL ||
			(p && (prove_handlers_for_others(p->caught) & ~t->blocked)))
			mark_runnable(w, i, PROVE_NOWHERE);
	}
	propagate(w);
}

/* Signals are no objects: anyone who lives may send one to anyone. */
static void honour_signals(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t i = 0; i < w->n_threads; i++) {
		const struct thread *t = &w->second->threads[i];
		const struct process *p = prove_process_of(w->second, t);

		if ((p && (p->caught & ~t->blocked)) || waits_on_another_process(w, i))
			mark_runnable(w, i, PROVE_NOWHERE);
	}
	propagate(w);
}

static bool is_root_stuck(const struct walk *w)
{
	bool any = false;

	for (size_t i = 0; i < w->n_threads; i++) {
		const struct process *p = prove_process_of(w->second, &w->second->threads[i]);

		if (!p || p->pid != w->second->root || w->inert[i])
			continue;
		if (w->runnable[i])
			return false;
		any = true;
	}
	return any;
}

void prove(const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof)
{
	struct proof p = { .n_threads = second->n_threads };
	struct walk w;

	walk_init(&w, first, second);
	for (size_t node = 0; node < w.n_nodes; node++)
		if (w.waker_gone[node])
			release_node(&w, node, PROVE_NOWHERE);
	propagate(&w);
	honour_handlers(&w);
	p.stuck = mem_alloc(p.n_threads * sizeof(bool));
	p.released_by = mem_alloc(p.n_threads * sizeof(size_t));
	for (size_t i = 0; i < p.n_threads; i++) {
		p.stuck[i] = !w.runnable[i] && !w.inert[i];
		p.n_stuck += p.stuck[i];
		p.released_by[i] = w.released_by[i];
	}
	honour_signals(&w);
	p.root_stuck = is_root_stuck(&w);
	walk_done(&w);
	*ret_proof = p;
}

void proof_done(struct proof *p)
{
	if (!p)
		return;
	free(p->stuck);
	free(p->released_by);
	*p = (struct proof){ 0 };
}
