/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum { MAX_HOLDS = 1024 };

/* --- opening --- */

struct python_world *python_open(const struct peek *m, uint64_t runtime, int minor)
{
	struct python_world *w = mem_alloc(sizeof(*w));

	w->p = (struct python){ .m = *m, .minor = minor, .runtime = runtime };
	if (python_find_layout(m, runtime, minor, &w->p.l)) {
		w->threads = mem_alloc(PYTHON_MAX_THREADS * sizeof(*w->threads));
		w->n_threads = python_read_threads(&w->p, w->threads, PYTHON_MAX_THREADS);
	}
	if (w->n_threads)
		return w;
	python_close(w);
	return NULL;
}

void python_close(struct python_world *w)
{
	if (!w)
		return;
	free(w->threads);
	free(w->holds);
	free(w);
}

pid_t python_find_ident(const struct python_world *w, uint64_t ident)
{
	for (size_t i = 0; ident && i < w->n_threads; i++)
		if (w->threads[i].ident == ident)
			return w->threads[i].tid;
	return 0;
}

/* --- who holds what --- */

static void add_hold(struct python_world *w, uint64_t lock, pid_t tid)
{
	if (!lock || w->n_holds == MAX_HOLDS)
		return;
	w->holds = mem_grow(w->holds, w->n_holds, &w->cap_holds, sizeof(*w->holds));
	w->holds[w->n_holds++] = (struct python_hold){ lock, tid };
}

static bool is_exit(const struct python *p, uint64_t builtin)
{
	uint64_t def = peek_pointer(&p->m, builtin + PYTHON_BUILTIN_DEF);
	char name[sizeof("__exit__")];

	return def && peek_read(&p->m, peek_pointer(&p->m, def), name, sizeof(name)) &&
	       !memcmp(name, "__exit__", sizeof(name));
}

static void read_holds_of_frame(
	struct python_world *w, const struct python_frame *f, pid_t tid, int level);

/* The frame of a function under @contextmanager is suspended inside its own `with`. */
static void read_holds_of_generator(struct python_world *w, uint64_t manager, pid_t tid, int level)
{
	struct python_frame f;

	if (python_read_generator(&w->p, python_attribute(&w->p, manager, "gen"), &f))
		read_holds_of_frame(w, &f, tid, level + 1);
}

/* What a `with` block leaves on the stack for its end: until 3.13 the bound method __exit__, from
 * 3.14 on the function and its object. */
static void read_hold(struct python_world *w, uint64_t value, pid_t tid, int level)
{
	const struct python *p = &w->p;
	uint64_t object = value;

	if (python_is_a(p, value, "builtin_function_or_method")) {
		if (!is_exit(p, value))
			return;
		object = peek_pointer(&p->m, value + PYTHON_BUILTIN_SELF);
	} else if (python_is_a(p, value, "method")) {
		object = peek_pointer(&p->m, value + PYTHON_METHOD_SELF);
	} else if (p->minor < 14) {
		return;
	}
	if (python_is_a(p, object, "_thread.lock") || python_is_a(p, object, "_thread.RLock"))
		add_hold(w, object, tid);
	else if (python_is_a(p, object, "Condition"))
		add_hold(w, python_attribute(p, object, "_lock"), tid);
	else if (python_is_a(p, object, "_GeneratorContextManager"))
		read_holds_of_generator(w, object, tid, level);
}

static void read_holds_of_frame(
	struct python_world *w, const struct python_frame *f, pid_t tid, int level)
{
	enum { MAX_LEVEL = 4 };

	for (size_t i = 0; i < f->depth && level < MAX_LEVEL; i++) {
		uint64_t value = python_stack_value(&w->p, f, i);

		if (value)
			read_hold(w, value, tid, level);
	}
}

static void read_holds(struct python_world *w)
{
	struct python_frame *frames = mem_alloc(PYTHON_MAX_FRAMES * sizeof(*frames));
	struct python_frame *awaits = mem_alloc(PYTHON_MAX_FRAMES * sizeof(*awaits));

	for (size_t i = 0; i < w->n_threads; i++) {
		size_t n =
			python_read_frames(&w->p, w->threads[i].state, frames, PYTHON_MAX_FRAMES);

		for (size_t k = 0; k < n; k++)
			read_holds_of_frame(w, &frames[k], w->threads[i].tid, 0);
		/* A lock that a suspended coroutine holds blocks its whole event loop. */
		n = python_read_awaits(&w->p, frames, n, awaits, PYTHON_MAX_FRAMES);
		for (size_t k = 0; k < n; k++)
			read_holds_of_frame(w, &awaits[k], w->threads[i].tid, 0);
	}
	free(frames);
	free(awaits);
	w->holds_read = true;
}

pid_t python_find_holder(struct python_world *w, uint64_t lock)
{
	if (!w->holds_read)
		read_holds(w);
	for (size_t i = 0; lock && i < w->n_holds; i++)
		if (w->holds[i].lock == lock)
			return w->holds[i].tid;
	return 0;
}
