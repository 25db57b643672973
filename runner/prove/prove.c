/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The proof rule as a fixpoint. Nodes are the threads of the second snapshot and the objects of
 * both; a thread that is not at rest releases the objects that it is a waker of, an object that is
 * released frees its waiters, and what is never reached is the stuck set: the greatest set that is
 * closed under "everyone who could wake me is in it". docs/proof.md argues why that is sound.
 */
#include "runner/prove/prove.h"

#include "runner/prove/blocked.h"
#include "runner/base/fixpoint.h"
#include "runner/base/invariant.h"
#include "runner/base/util.h"

#include <signal.h>

#include <sys/syscall.h>
#include <sys/wait.h>

struct walk {
	const struct snapshot *first, *second;
	size_t n_threads; /* of the second snapshot */
	/* Nodes: objects of the second snapshot, then those of the first, then one a process of the
	 * second: "some child of it, also one that is not there yet". */
	size_t n_nodes, child_wait;
	size_t *first_of; /* second thread -> the same thread in the first, or PROVE_NOWHERE */
	size_t *second_of;
	bool *inert; /* a zombie in both: it can neither wait nor wake */
	struct fixpoint set;
	bool no_timers;   /* no timer is armed */
	bool *waker_gone; /* node: a waker is gone, unknown or impossible */
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

static bool is_in_set(const struct walk *w, size_t i)
{
	return !w->set.out[i] && !w->inert[i];
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
 * A zombie wakes no thread: it closed its files before it became one. But a thread that waits for a
 * child that is dead as a whole is about to be woken, or the child's end was missed.
 */
static bool is_gone_waker(const struct walk *w, size_t node, size_t t)
{
	return t == PROVE_NOWHERE ||
	       (w->inert[t] && node_object(w, node)->kind == OBJECT_CHILDREN &&
		       is_dead_process(w, t));
}

/*
 * A wait for any child is ended by a child that is born later too: any thread of the process may
 * fork one, and an orphan further down comes to a parent that is a subreaper or the first of its
 * pid namespace. So everyone at and below the process counts.
 */
static void add_child_waits(struct fixpoint *f, const struct walk *w, size_t thread)
{
	size_t process = w->second->threads[thread].process, steps = 0;

	while (process < w->second->n_processes && steps++ < w->second->n_processes) {
		fixpoint_add_waker(f, w->child_wait + process, thread);
		process = w->second->processes[process].parent;
	}
}

static bool waits_for_any_child(const struct thread *t)
{
	bool one = (t->syscall_nr == SYS_wait4 && (int)t->args[0] > 0) ||
		   (t->syscall_nr == SYS_waitid && (t->args[0] == P_PID || t->args[0] == P_PIDFD));

	return t->wait == WAIT_CHILD && !one;
}

/* A process of the first collect is gone, whichever's child it was. */
static bool is_anyone_gone(const struct walk *w)
{
	for (size_t i = 0; i < w->first->n_threads; i++)
		if (w->second_of[i] == PROVE_NOWHERE && !prove_is_zombie(&w->first->threads[i]))
			return true;
	return false;
}

static void add_wakers(struct fixpoint *f, struct walk *w)
{
	for (size_t node = 0; node < w->n_nodes; node++)
		for (size_t i = 0; i < node_object(w, node)->n_wakers; i++) {
			size_t t = node_waker(w, node, i);

			if (is_gone_waker(w, node, t))
				w->waker_gone[node] = true;
			else
				fixpoint_add_waker(f, node, t);
		}
	for (size_t i = 0; i < w->n_threads; i++)
		add_child_waits(f, w, i);
}

/* A thread waits on the objects of both its snapshots: who held an end in the first may have
 * handed it on before the second. */
static void add_waits(struct fixpoint *f, const struct walk *w, size_t thread)
{
	const struct thread *b = &w->second->threads[thread], *a;

	if (!is_in_set(w, thread))
		return;
	a = &w->first->threads[w->first_of[thread]];
	for (size_t k = 0; k < b->n_objects; k++) {
		fixpoint_add_waiter(f, b->objects[k], thread);
		fixpoint_add_waiter(f, w->second->n_objects + a->objects[k], thread);
	}
	if (waits_for_any_child(b))
		fixpoint_add_waiter(f, w->child_wait + b->process, thread);
}

static void add_edges(struct fixpoint *f, void *arg)
{
	struct walk *w = arg;

	add_wakers(f, w);
	for (size_t i = 0; i < w->n_threads; i++)
		add_waits(f, w, i);
}

/* --- rules 2 and 3: the fixpoint --- */

static void mark_runnable(struct walk *w, size_t thread, size_t by)
{
	if (!w->inert[thread])
		fixpoint_release_thread(&w->set, thread, by);
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
	bool blind = is_blind(first) || is_blind(second), gone;
	size_t n = second->n_threads;

	*w = (struct walk){ .first = first, .second = second, .n_threads = n };
	w->child_wait = second->n_objects + first->n_objects;
	w->n_nodes = w->child_wait + second->n_processes;
	w->first_of = mem_alloc(n * sizeof(size_t));
	w->second_of = mem_alloc(first->n_threads * sizeof(size_t));
	prove_match_threads(first, second, w->second_of, w->first_of);
	w->inert = mem_alloc(n * sizeof(bool));
	w->waker_gone = mem_alloc(w->n_nodes * sizeof(bool));
	fixpoint_init(&w->set, n, w->n_nodes);
	for (size_t i = 0; i < n; i++)
		w->inert[i] = is_inert(w, i);
	for (size_t i = 0; i < n; i++)
		if (blind || !is_at_rest(w, i))
			mark_runnable(w, i, PROVE_NOWHERE);
	fixpoint_build(&w->set, add_edges, w);
	gone = is_anyone_gone(w);
	for (size_t node = 0; node < w->n_nodes; node++)
		if (w->waker_gone[node] || (gone && node >= w->child_wait))
			fixpoint_release_node(&w->set, node, PROVE_NOWHERE);
	fixpoint_run(&w->set);
}

static void walk_done(struct walk *w)
{
	free(w->first_of);
	free(w->second_of);
	free(w->inert);
	free(w->waker_gone);
	fixpoint_done(&w->set);
}

/* --- grades: who could still end it --- */

static bool is_anyone_live(const struct walk *w)
{
	for (size_t i = 0; i < w->n_threads; i++)
		if (w->set.out[i])
			return true;
	return false;
}

/* What lives may have been meant to end the wait for a signal, if only with the process: a child
 * that waits to be killed is as it should be. */
static void release_signal_waits(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t i = 0; i < w->n_threads; i++)
		if (w->second->threads[i].wait == WAIT_SIGNAL)
			mark_runnable(w, i, PROVE_NOWHERE);
	fixpoint_run(&w->set);
}

static bool has_condition(const struct walk *w, const struct snapshot *s, size_t thread)
{
	const struct thread *t = &s->threads[thread];
	const struct process *p = prove_process_of(s, t);

	return t->unless[0] || (!w->no_timers && p && process_unless(p)[0]);
}

/* Conditions that a thread beyond the set may bring about: an object's, or a thread's own. */
static void release_conditions(struct walk *w)
{
	for (size_t node = 0; node < w->child_wait; node++)
		if (node_object(w, node)->unless[0])
			fixpoint_release_node(&w->set, node, PROVE_NOWHERE);
	for (size_t i = 0; i < w->n_threads; i++)
		if (is_in_set(w, i) && (has_condition(w, w->second, i) ||
					       has_condition(w, w->first, w->first_of[i])))
			mark_runnable(w, i, PROVE_NOWHERE);
	fixpoint_run(&w->set);
}

/* What anybody in the tree can come to hold (by /proc/PID/fd, a name, a message) is freed by one
 * who lives. */
static void release_within_reach(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t node = 0; node < w->child_wait; node++)
		if (node_object(w, node)->within_reach)
			fixpoint_release_node(&w->set, node, PROVE_NOWHERE);
	fixpoint_run(&w->set);
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
 * and 33 are the libc's. 34 is musl's, too, but the first of a program under glibc: it counts. A Go
 * library in a C program catches the faults, and SIGURG and SIGPIPE for its own ends (Go's
 * os/signal, "Go programs that use cgo or SWIG"). */
uint64_t prove_handlers_for_others(uint64_t caught)
{
	const uint64_t faults = BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE);
	const uint64_t own = faults | BIT(SIGILL) | BIT(SIGSYS) | BIT(32) | BIT(33);

	if (__builtin_popcountll(caught) >= RUNTIME_HANDLERS)
		return 0;
	if ((caught & (faults | BIT(SIGURG))) == (faults | BIT(SIGURG)))
		caught &= ~(BIT(SIGURG) | BIT(SIGPIPE));
	return caught & ~own;
}

static void release_handlers(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t i = 0; i < w->n_threads; i++) {
		const struct thread *t = &w->second->threads[i];
		const struct process *p = prove_process_of(w->second, t);

		if (p && (prove_handlers_for_others(p->caught) & ~t->blocked))
			mark_runnable(w, i, PROVE_NOWHERE);
	}
	fixpoint_run(&w->set);
}

/* Signals are no objects: anyone who lives may send one to anyone. */
static void release_signals(struct walk *w)
{
	if (!is_anyone_live(w))
		return;
	for (size_t i = 0; i < w->n_threads; i++) {
		const struct thread *t = &w->second->threads[i];
		const struct process *p = prove_process_of(w->second, t);

		if ((p && (p->caught & ~t->blocked)) || waits_on_another_process(w, i))
			mark_runnable(w, i, PROVE_NOWHERE);
	}
	fixpoint_run(&w->set);
}

static bool is_root_stuck(const struct walk *w)
{
	bool any = false;

	for (size_t i = 0; i < w->n_threads; i++) {
		const struct process *p = prove_process_of(w->second, &w->second->threads[i]);

		if (!p || p->pid != w->second->root || w->inert[i])
			continue;
		if (w->set.out[i])
			return false;
		any = true;
	}
	return any;
}

static size_t set_grade(const struct walk *w, enum stuck_grade grade, struct proof *p)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_threads; i++) {
		if (!is_in_set(w, i))
			continue;
		p->grade[i] = grade;
		n++;
	}
	return n;
}

void prove_select(struct proof *p, enum stuck_grade least)
{
	p->least = least;
	p->n_stuck = 0;
	for (size_t i = 0; i < p->n_threads; i++) {
		p->stuck[i] = p->grade[i] >= least;
		p->n_stuck += p->stuck[i];
	}
}

void prove_demote(struct proof *p)
{
	for (size_t i = 0; i < p->n_threads; i++)
		if (p->grade[i] > STUCK_UNLESS)
			p->grade[i] = STUCK_UNLESS;
	p->n_certain = 0;
	p->root_stuck = false;
	prove_select(p, STUCK_UNLESS);
}

void prove_select_best(struct proof *p)
{
	prove_select(p, STUCK_UNLESS_SIGNALLED);
	if (!p->n_stuck)
		prove_select(p, STUCK_UNLESS);
}

/* Each step takes out more, so the grade that is set last is the highest that holds. */
static void prove_with(const struct snapshot *first, const struct snapshot *second, bool no_timers,
	struct proof *ret_proof)
{
	struct proof p = { .n_threads = second->n_threads };
	struct walk w;

	p.grade = mem_alloc(p.n_threads * sizeof(*p.grade));
	p.stuck = mem_alloc(p.n_threads * sizeof(*p.stuck));
	p.released_by = mem_alloc(p.n_threads * sizeof(*p.released_by));
	walk_init(&w, first, second);
	w.no_timers = no_timers;
	release_signal_waits(&w);
	p.n_unless = set_grade(&w, STUCK_UNLESS, &p);
	release_conditions(&w);
	release_within_reach(&w);
	release_signal_waits(&w);
	set_grade(&w, STUCK_UNLESS_SIGNALLED, &p);
	memcpy(p.released_by, w.set.released_by, p.n_threads * sizeof(*p.released_by));
	release_handlers(&w);
	p.n_certain = set_grade(&w, STUCK_CERTAIN, &p);
	release_signals(&w);
	INVARIANT(p.n_certain <= p.n_unless);
	p.root_stuck = is_root_stuck(&w);
	walk_done(&w);
	prove_select(&p, STUCK_UNLESS_SIGNALLED);
	*ret_proof = p;
}

void prove(const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof)
{
	prove_with(first, second, false, ret_proof);
}

void prove_without_timers(
	const struct snapshot *first, const struct snapshot *second, struct proof *ret_proof)
{
	prove_with(first, second, true, ret_proof);
}

void proof_done(struct proof *p)
{
	if (!p)
		return;
	free(p->grade);
	free(p->stuck);
	free(p->released_by);
	*p = (struct proof){ 0 };
}
