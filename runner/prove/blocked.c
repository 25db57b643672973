/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/prove/blocked.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

/* --- the same thread, the same object, in both snapshots --- */

const struct process *prove_process_of(const struct snapshot *s, const struct thread *t)
{
	return t->process < s->n_processes ? &s->processes[t->process] : NULL;
}

struct identity {
	pid_t tid, pid;
	uint64_t start_time;
	size_t index;
};

static int compare_identity(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->start_time != y->start_time)
		return x->start_time < y->start_time ? -1 : 1;
	return 0;
}

static struct identity *identities_new(const struct snapshot *s)
{
	struct identity *ids = mem_alloc(s->n_threads * sizeof(*ids));

	for (size_t i = 0; i < s->n_threads; i++) {
		const struct process *p = prove_process_of(s, &s->threads[i]);

		ids[i] = (struct identity){ s->threads[i].tid, p ? p->pid : 0,
			p ? p->start_time : 0, i };
	}
	qsort(ids, s->n_threads, sizeof(*ids), compare_identity);
	return ids;
}

/* An identity that stands twice in a snapshot (a pid reused while it was read) matches nothing. */
static bool is_twin(const struct identity *ids, size_t n, size_t i)
{
	return (i > 0 && !compare_identity(&ids[i - 1], &ids[i])) ||
	       (i + 1 < n && !compare_identity(&ids[i + 1], &ids[i]));
}

static void match_none(size_t *map, size_t n)
{
	for (size_t i = 0; i < n; i++)
		map[i] = PROVE_NOWHERE;
}

void prove_match_threads(const struct snapshot *first, const struct snapshot *second,
	size_t *ret_second_of_first, size_t *ret_first_of_second)
{
	size_t n = first->n_threads, m = second->n_threads;
	cleanup(cleanup_free) struct identity *a = identities_new(first);
	cleanup(cleanup_free) struct identity *b = identities_new(second);

	match_none(ret_second_of_first, n);
	match_none(ret_first_of_second, m);
	for (size_t i = 0, j = 0; i < n && j < m;) {
		int order = compare_identity(&a[i], &b[j]);

		if (!order && !is_twin(a, n, i) && !is_twin(b, m, j)) {
			ret_second_of_first[a[i].index] = b[j].index;
			ret_first_of_second[b[j].index] = a[i].index;
		}
		i += order <= 0;
		j += order >= 0;
	}
}

/* By what it is, not by where it stands. The memory of a private futex is the waiter's own. */
static bool same_object(const struct object *a, const struct object *b)
{
	if (a->kind != b->kind || a->wait != b->wait)
		return false;
	if (a->kind == OBJECT_FUTEX_PRIVATE)
		return a->address == b->address;
	return a->dev == b->dev && a->inode == b->inode && a->offset == b->offset &&
	       a->peer_inode == b->peer_inode;
}

const struct object *prove_object_of(const struct snapshot *s, const struct thread *t, size_t i)
{
	return t->objects[i] < s->n_objects ? &s->objects[t->objects[i]] : NULL;
}

/* The second snapshot's object must stand in the first's list too, and have been as quiet then.
 * Lists are compared as sets: poll(2) keeps their order, so the same place is tried first. */
static bool has_match(
	const struct snapshot *sa, const struct thread *a, const struct object *o, size_t hint)
{
	for (size_t i = 0; i < a->n_objects; i++) {
		const struct object *x = prove_object_of(sa, a, (hint + i) % a->n_objects);

		if (x && same_object(x, o))
			return wait_row(o->wait)->ops->is_quiet(x, o);
	}
	return false;
}

/* Nothing could end the wait although it lasts: then the collect has missed a waker. */
static bool is_credible(const struct object *o)
{
	return o && !o->external && o->n_wakers > 0 && wait_row(o->wait)->ops;
}

static bool same_objects(const struct snapshot *first, const struct thread *a,
	const struct snapshot *second, const struct thread *b)
{
	if (a->n_objects != b->n_objects || !b->n_objects)
		return false;
	for (size_t i = 0; i < b->n_objects; i++) {
		const struct object *x = prove_object_of(first, a, i);
		const struct object *y = prove_object_of(second, b, i);

		if (!is_credible(x) || !is_credible(y) || !has_match(first, a, y, i) ||
			!has_match(second, b, x, i))
			return false;
	}
	return true;
}

/* --- rule 1: at rest, in both, without having run in between --- */

static bool says_rest(const struct thread *t)
{
	bool sleeps = t->state == 'S' || (t->state == 'D' && t->wait == WAIT_VFORK);

	return t->rest == REST_YES && sleeps && t->wait != WAIT_NONE && t->syscall_nr >= 0 &&
	       !(t->pending & ~t->blocked);
}

static bool never_ran(const struct thread *a, const struct thread *b)
{
	return a->voluntary == b->voluntary && a->involuntary == b->involuntary &&
	       a->syscall_nr == b->syscall_nr && !memcmp(a->args, b->args, sizeof(a->args)) &&
	       a->sp == b->sp && a->pc == b->pc && a->wait == b->wait && a->wait_fd == b->wait_fd &&
	       a->blocked == b->blocked && a->state == b->state;
}

bool prove_is_at_rest(const struct snapshot *first, const struct thread *a,
	const struct snapshot *second, const struct thread *b)
{
	return prove_process_of(second, b) && says_rest(a) && says_rest(b) && never_ran(a, b) &&
	       same_objects(first, a, second, b);
}

bool prove_is_zombie(const struct thread *t)
{
	return t->state == 'Z' && t->rest == REST_EXITING;
}
