/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which cause class a stuck set is, and which of its threads shows it. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

/* Another stuck thread of the same process at the same lock; SIZE_MAX none. */
static size_t find_rival(const struct explanation *e, size_t thread)
{
	const struct process *p = &e->s->processes[e->s->threads[thread].process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (i != thread && e->threads[i].stuck && explain_is_futex(&e->s->threads[i]) &&
			e->threads[i].lock_address == e->threads[thread].lock_address)
			return i;
	return SIZE_MAX;
}

bool explain_joins(const struct explain_thread *t)
{
	return t->lock.primitive == PRIMITIVE_JOIN || t->language.wait == LANGUAGE_WAIT_JOIN;
}

/* Who joins, waits for a wake-up or for input or a signal has, as a rule, no lock; nor has who
 * wants this one. The others are told from a thread that is alone with its lock. Where several want
 * one lock, at most one of them has it, and who waits for the end of them may as well. */
static bool may_hold(const struct explanation *e, size_t thread, size_t waiter)
{
	const struct thread *t = &e->s->threads[thread];
	const struct explain_thread *x = &e->threads[thread];
	enum wait_purpose purpose = wait_row(t->wait)->purpose;

	if (thread == waiter || t->rest == REST_EXITING)
		return false;
	if (explain_joins(x) && find_rival(e, waiter) != SIZE_MAX)
		return true;
	if (explain_is_futex(t))
		return explain_primitive_is_lock(x->lock.primitive) &&
		       x->lock_address != e->threads[waiter].lock_address;
	/* An event loop may run code that has taken it. */
	if (x->language.wait != LANGUAGE_WAIT_NONE)
		return true;
	return purpose != WAITS_FOR_SIGNAL && purpose != WAITS_FOR_INPUT &&
	       purpose != WAITS_FOR_ANY;
}

static bool is_alone_with_lock(const struct explanation *e, size_t thread)
{
	const struct process *p = &e->s->processes[e->s->threads[thread].process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (may_hold(e, i, thread))
			return false;
	return true;
}

/* A signal handler that calls what it has interrupted. */
static bool interrupts_itself(const struct explain_thread *t)
{
	for (size_t i = 1; i < t->stack.n; i++)
		if (t->stack.frames[i].interrupted)
			return explain_is_foreign(&t->stack.frames[i]);
	return false;
}

static bool is_rwlock(enum explain_primitive p)
{
	return p == PRIMITIVE_RWLOCK || p == PRIMITIVE_RW_LOCK;
}

/* Readers are not stored, and they are what a rwlock is waited for. Two that wait for one another
 * hold it for reading: the one wants it again behind a writer, or both want to write. */
static enum cause_class class_of_rwlock(const struct explanation *e, size_t thread)
{
	size_t process = e->s->threads[thread].process;
	size_t rival = find_rival(e, thread);

	if (rival != SIZE_MAX &&
		!(e->threads[thread].function.reads && e->threads[rival].function.reads))
		return CLASS_LOCK_CYCLE;
	if (!is_alone_with_lock(e, thread))
		return CLASS_LOST_WAKEUP;
	if (e->had_threads[process])
		return CLASS_ABANDONED_LOCK;
	return e->forked[process] ? CLASS_ORPHANED_LOCK : CLASS_SELF_LOCK;
}

/* Some thread that waits for another lock of the same reach: the process's, or shared ones. */
static size_t first_of_ring(const struct explanation *e, size_t thread)
{
	const struct explain_thread *own = &e->threads[thread];

	for (size_t i = 0; i < e->s->n_threads; i++) {
		const struct explain_thread *t = &e->threads[i];
		bool reach = explain_is_shared(e, thread)
				     ? explain_is_shared(e, i)
				     : e->s->threads[i].process == e->s->threads[thread].process;

		if (i != thread && reach && t->stuck &&
			explain_primitive_is_lock(t->lock.primitive) &&
			t->lock_address != own->lock_address)
			return i < thread ? i : thread;
	}
	return SIZE_MAX;
}

/* A lock that stores no owner (musl's normal mutex, most locks inside a libc): which thread can
 * have it? */
static enum cause_class class_without_owner(const struct explanation *e, size_t thread)
{
	size_t process = e->s->threads[thread].process;

	if (is_rwlock(e->threads[thread].lock.primitive))
		return class_of_rwlock(e, thread);
	if (first_of_ring(e, thread) != SIZE_MAX)
		return CLASS_LOCK_CYCLE;
	if (explain_is_shared(e, thread))
		return CLASS_ABANDONED_LOCK;
	if (interrupts_itself(&e->threads[thread]))
		return CLASS_SELF_LOCK;
	if (!is_alone_with_lock(e, thread))
		return CLASS_MIXED;
	if (e->forked[process] && !e->had_threads[process])
		return CLASS_ORPHANED_LOCK;
	return e->had_threads[process] ? CLASS_ABANDONED_LOCK : CLASS_SELF_LOCK;
}

/* A team of threads in a copy of the process that has one of them. */
static bool is_team_missing(const struct explanation *e, size_t thread)
{
	enum explain_primitive p = e->threads[thread].lock.primitive;

	return (p == PRIMITIVE_BARRIER || p == PRIMITIVE_OPENMP) && explain_is_lone_copy(e, thread);
}

static enum cause_class class_of_futex(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];

	switch (t->owner_is) {
	case OWNER_SELF:
		return CLASS_SELF_LOCK;
	case OWNER_AT_FORK:
	case OWNER_BEFORE_FORK:
	case OWNER_LEFT:
		return CLASS_ORPHANED_LOCK;
	case OWNER_ENDED:
		return CLASS_ABANDONED_LOCK;
	case OWNER_HERE:
		return CLASS_LOCK_CYCLE;
	case OWNER_UNKNOWN:
		break;
	}
	if (is_team_missing(e, thread))
		return CLASS_ORPHANED_LOCK;
	return explain_primitive_is_lock(t->lock.primitive) ? class_without_owner(e, thread)
							    : CLASS_LOST_WAKEUP;
}

/* A pipe by which the process wakes its own event loop: nobody else has an end of it. */
static bool is_own(const struct snapshot *s, const struct thread *t, const struct object *o)
{
	for (size_t i = 0; i < o->n_wakers; i++)
		if (s->threads[o->wakers[i]].process != t->process)
			return false;
	return o->n_wakers > 0;
}

/* Of a list the weightiest: what is polled beside a pipe is mostly there to end the poll. */
static enum cause_class class_of_list(const struct snapshot *s, const struct thread *t)
{
	enum cause_class class = wait_row(t->wait)->class;

	/* As good as waiting for it alone. */
	if (t->n_objects == 1 && !is_own(s, t, &s->objects[t->objects[0]]))
		class = wait_row(s->objects[t->objects[0]].wait)->class;
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &s->objects[t->objects[i]];
		enum cause_class one = wait_row(o->wait)->class;

		if (one < class && (t->wait != WAIT_POLL || !is_own(s, t, o)))
			class = one;
	}
	return class;
}

static bool is_waker(const struct snapshot *s, const struct thread *t, size_t waker)
{
	for (size_t i = 0; i < t->n_objects; i++) {
		const struct object *o = &s->objects[t->objects[i]];

		for (size_t k = 0; k < o->n_wakers; k++)
			if (o->wakers[k] == waker)
				return true;
	}
	return false;
}

/* The thread of who has the file lock that waits for something else, and for us to give it;
 * SIZE_MAX none. */
static size_t find_holder_that_waits(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const struct object *o = t->n_objects ? &e->s->objects[t->objects[0]] : NULL;

	for (size_t i = 0; o && i < o->n_wakers; i++) {
		const struct thread *holder = &e->s->threads[o->wakers[i]];

		if (holder->process != t->process && e->threads[o->wakers[i]].stuck &&
			wait_row(holder->wait)->class != CLASS_FILE_LOCK &&
			(!o->holder || e->s->processes[holder->process].pid == o->holder) &&
			is_waker(e->s, holder, thread))
			return o->wakers[i];
	}
	return SIZE_MAX;
}

static enum cause_class class_of_thread(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	if (explain_is_futex(t))
		return class_of_futex(e, thread);
	/* An event loop that has nothing to run for the coroutine that it was started for. */
	if (t->wait == WAIT_POLL && e->threads[thread].language.wait != LANGUAGE_WAIT_NONE)
		return e->threads[thread].language.holds_itself ? CLASS_SELF_LOCK
								: CLASS_LOST_WAKEUP;
	if (wait_row(t->wait)->class == CLASS_FILE_LOCK &&
		find_holder_that_waits(e, thread) != SIZE_MAX)
		return CLASS_MIXED;
	return class_of_list(e->s, t);
}

/* From a lock to its owner, from there to the owner of what that one waits for, and so on: back to
 * where it has been, the locks are a cycle; else what counts is what the last one waits for. If
 * that is the first one's to give, the cycle is one of lock and other. */
static size_t first_of_cycle(const struct explanation *e, size_t thread)
{
	size_t first = thread;

	for (size_t i = e->threads[thread].owner; i != thread; i = e->threads[i].owner)
		if (i < first)
			first = i;
	return first;
}

static void follow_owners(struct explanation *e, size_t thread)
{
	struct explain_thread *t = &e->threads[thread];
	size_t last = thread;

	for (size_t steps = 0; e->threads[last].owner_is == OWNER_HERE; steps++) {
		last = e->threads[last].owner;
		if (steps > e->s->n_threads) {
			t->cause = first_of_cycle(e, last);
			return;
		}
	}
	t->cause = last;
	t->class = e->threads[last].stuck ? class_of_thread(e, last) : CLASS_MIXED;
	/* Who joins a stuck thread keeps nothing from it. */
	if (t->lock.primitive != PRIMITIVE_JOIN && t->class > CLASS_LOCK_CYCLE &&
		is_waker(e->s, &e->s->threads[last], thread))
		t->class = e->threads[last].lock.primitive == PRIMITIVE_JOIN ? CLASS_LOCK_CYCLE
									     : CLASS_MIXED;
}

/* Of those that wait for one another without a word that would tell. */
static size_t first_without_owner(const struct explanation *e, size_t thread)
{
	size_t first = first_of_ring(e, thread);

	if (first == SIZE_MAX)
		first = find_rival(e, thread);
	return first < thread ? first : thread;
}

/* A thread of the language's own library (a pool's, an executor's) that waits to be given work. One
 * that can't write or get a lock has more to tell. */
static bool is_helper(const struct explanation *e, size_t thread)
{
	const struct explain_thread *t = &e->threads[thread];

	return t->language.n && !language_where(&t->language) &&
	       !explain_primitive_is_lock(t->lock.primitive) &&
	       e->s->threads[thread].wait != WAIT_PIPE_WRITE &&
	       e->s->threads[thread].wait != WAIT_SOCK_WRITE;
}

/* Which of two stuck threads tells more. */
static bool tells_more(const struct explanation *e, size_t thread, size_t than)
{
	const struct explain_thread *a = &e->threads[thread], *b = &e->threads[than];

	if (is_helper(e, thread) != is_helper(e, than))
		return is_helper(e, than);
	if (a->class != b->class)
		return a->class < b->class;
	if (explain_weight(e, thread) != explain_weight(e, than))
		return explain_weight(e, thread) > explain_weight(e, than);
	/* A plain read says more than an event loop. */
	if ((e->s->threads[than].wait == WAIT_POLL) != (e->s->threads[thread].wait == WAIT_POLL))
		return e->s->threads[than].wait == WAIT_POLL;
	/* Of a log's reader and the test that it waits for, the test. */
	return explain_follows(e, than, thread);
}

/* The heaviest class, and of its threads the one that tells most: of a pipe who can't write. */
static void find_leaf(struct explanation *e)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < e->s->n_threads; i++) {
		if (!e->threads[i].stuck || e->threads[i].class == CLASS_NONE)
			continue;
		if (best == SIZE_MAX || tells_more(e, i, best))
			best = i;
	}
	e->class = best == SIZE_MAX ? CLASS_NONE : e->threads[best].class;
	/* Of a mixed cycle the lock's waiter tells more than its owner. */
	e->leaf = best == SIZE_MAX || e->class == CLASS_MIXED ? best : e->threads[best].cause;
}

void explain_classify(struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_threads; i++)
		e->threads[i].class = e->threads[i].stuck ? class_of_thread(e, i) : CLASS_NONE;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		if (e->threads[i].stuck && e->threads[i].owner_is == OWNER_HERE)
			follow_owners(e, i);
		else if (e->threads[i].class == CLASS_LOCK_CYCLE)
			e->threads[i].cause = first_without_owner(e, i);
		else if (e->threads[i].class == CLASS_MIXED &&
			 wait_row(e->s->threads[i].wait)->class == CLASS_FILE_LOCK)
			e->threads[i].cause = find_holder_that_waits(e, i);
	}
	explain_find_followers(e);
	find_leaf(e);
}
