/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a tree looks like that could not be proven stuck: a word for the report, no judgement. */
#include "runner/snapshot/snapshot.h"

static const struct thread *thread_before(
	const struct snapshot *s, const struct snapshot *later, const struct thread *t)
{
	const struct process *p = &later->processes[t->process];

	for (size_t i = 0; i < s->n_threads; i++) {
		const struct process *q = &s->processes[s->threads[i].process];

		if (s->threads[i].tid == t->tid && q->pid == p->pid &&
			q->start_time == p->start_time)
			return &s->threads[i];
	}
	return NULL;
}

/* On the run both times and never gave way: so too on a machine so full that it hardly gets on. Or
 * a fifth of a processor, which is a lot for a waiter. */
static bool spins(const struct thread *a, const struct thread *b, int64_t elapsed_ns)
{
	if (a->rest == REST_RUNNING && b->rest == REST_RUNNING && a->voluntary == b->voluntary)
		return true;
	return a->runtime_ns && b->runtime_ns > a->runtime_ns &&
	       b->runtime_ns - a->runtime_ns > (uint64_t)elapsed_ns / 5;
}

static bool waits_outside(const struct snapshot *s, const struct thread *t)
{
	switch (t->rest) {
	case REST_EXTERNAL:
	case REST_SIGNAL:
	case REST_STOPPED:
		return true;
	case REST_YES:
		for (size_t i = 0; i < t->n_objects; i++) {
			const struct object *o = &s->objects[t->objects[i]];

			if (o->external || o->unless[0])
				return true;
		}
		return t->unless[0];
	default:
		return false;
	}
}

enum appearance snapshot_appearance(const struct snapshot *earlier, const struct snapshot *later)
{
	int64_t elapsed_ns = later->begun_ns - earlier->begun_ns;
	bool polling = false, sleeping = false, external = false;

	for (size_t i = 0; i < later->n_threads; i++) {
		const struct thread *b = &later->threads[i];
		const struct thread *a = thread_before(earlier, later, b);
		bool timed = b->rest == REST_TIMED || (a && a->rest == REST_TIMED);

		if (a && spins(a, b, elapsed_ns))
			return APPEARANCE_SPINNING;
		if (timed && a && a->voluntary != b->voluntary)
			polling = true;
		else if (timed)
			sleeping = true;
		external = external || waits_outside(later, b);
	}
	if (polling)
		return APPEARANCE_POLLING;
	if (sleeping)
		return APPEARANCE_SLEEPING;
	return external ? APPEARANCE_WAITING_OUTSIDE : APPEARANCE_UNKNOWN;
}

/* The kernel works for who is uninterruptible; on a full machine who could run may not have got to.
 */
bool snapshot_moved(const struct snapshot *earlier, const struct snapshot *later)
{
	for (size_t i = 0; i < later->n_threads; i++) {
		const struct thread *b = &later->threads[i];
		const struct thread *a = thread_before(earlier, later, b);

		if (!a || b->rest == REST_RUNNING || b->rest == REST_DISK ||
			a->voluntary != b->voluntary || a->involuntary != b->involuntary)
			return true;
	}
	return false;
}
