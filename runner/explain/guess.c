/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which thread probably has a lock that stores no owner. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

/* What an owner may have been doing when it took the lock. */
static bool has_function(const struct explain_thread *t, const char *function)
{
	for (size_t i = 0; i < t->stack.n; i++)
		if (t->stack.frames[i].place.function &&
			!strcmp(t->stack.frames[i].place.function, function))
			return true;
	return false;
}

/* The thread that initialises is inside the function which the waiter is about to enter, or inside
 * the libc's or library's that calls the initialiser. */
static bool initialises(const struct explanation *e, size_t thread, size_t waiter)
{
	static const char *const callers[] = { "__pthread_once_slow", "pthread_once",
		"std::call_once", "std::sync::once::Once::call_once" };
	const struct unwind_frame *f = explain_where(&e->threads[waiter]);

	for (size_t i = 0; i < ARRAY_SIZE(callers); i++)
		if (has_function(&e->threads[thread], callers[i]))
			return true;
	return f && f->place.function && has_function(&e->threads[thread], f->place.function);
}

/* A guard object or an argument further out: the address of the lock stands on the stack of the
 * thread that works with it. */
static bool has_on_stack(const struct explanation *e, size_t thread, const struct symbols *s,
	uint64_t address, uint64_t word)
{
	enum { WORDS = 1024 };
	uint64_t stack[WORDS];
	const struct symbols_map *m = symbols_find_map(s, e->s->threads[thread].sp);
	uint64_t sp = e->s->threads[thread].sp;
	size_t n = m ? (m->end - sp) / sizeof(*stack) : 0;

	if (n > WORDS)
		n = WORDS;
	if (sp % sizeof(*stack) || symbols_read(s, sp, stack, n * sizeof(*stack)) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (stack[i] == address || stack[i] == word)
			return true;
	return false;
}

static bool may_have_it(const struct explanation *e, size_t thread, size_t waiter,
	const struct symbols *s, uint64_t word)
{
	const struct explain_thread *t = &e->threads[thread], *w = &e->threads[waiter];

	if (thread == waiter || !t->wanted || e->s->threads[thread].rest == REST_EXITING ||
		t->lock_address == w->lock_address)
		return false;
	return w->lock.primitive == PRIMITIVE_ONCE
		       ? initialises(e, thread, waiter)
		       : has_on_stack(e, thread, s, w->lock_address, word);
}

void explain_guess_owner(struct explanation *e, size_t thread, const struct symbols *s)
{
	struct explain_thread *t = &e->threads[thread];
	const struct thread *th = &e->s->threads[thread];
	const struct process *p = &e->s->processes[th->process];
	size_t found = SIZE_MAX;

	if (t->owner_is != OWNER_UNKNOWN || !t->stack.n || !explain_is_futex(th) ||
		!explain_primitive_is_lock(t->lock.primitive) || explain_is_shared(e, thread))
		return;
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		if (!may_have_it(e, i, thread, s, th->args[0]))
			continue;
		if (found != SIZE_MAX)
			return;
		found = i;
	}
	if (found == SIZE_MAX)
		return;
	explain_set_owner(e, thread, found);
	t->owner_is_guess = true;
}
