/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a thread of Python waits for. Pure. */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

/* --- the interpreter lock --- */

/* struct _gil_runtime_state: a thread waits for a condition variable in it, a few ms at a time. */
static bool read_gil(struct python_world *w, uint64_t gil, uint64_t futex, uint64_t state,
	struct language_stack *stack)
{
	const struct python *p = &w->p;
	uint64_t holder;
	uint32_t locked;

	if (!gil || futex < gil || futex >= gil + p->l.gil_size)
		return false;
	stack->wait = LANGUAGE_WAIT_INTERPRETER;
	stack->address = gil;
	if (!peek_u32(&p->m, gil + p->l.gil_locked, &locked) || locked != 1)
		return true;
	holder = peek_pointer(&p->m, gil + p->l.gil_holder);
	for (size_t i = 0; i < w->n_threads && holder != state; i++)
		if (w->threads[i].state == holder)
			stack->owner = w->threads[i].tid;
	return true;
}

static bool is_gil_wait(
	struct python_world *w, uint64_t futex, uint64_t state, struct language_stack *stack)
{
	enum { MAX_INTERPRETERS = 16 };
	const struct python *p = &w->p;
	uint64_t interpreter = peek_pointer(&p->m, p->runtime + p->l.runtime_interpreters);

	if (p->l.runtime_gil)
		return read_gil(w, p->runtime + p->l.runtime_gil, futex, state, stack);
	for (int i = 0; interpreter && i < MAX_INTERPRETERS; i++) {
		if (read_gil(w, peek_pointer(&p->m, interpreter + p->l.interpreter_gil), futex,
			    state, stack))
			return true;
		interpreter = peek_pointer(&p->m, interpreter + p->l.interpreter_next);
	}
	return false;
}

bool python_holds_interpreter(const struct python_world *w, uint64_t state)
{
	enum { MAX_INTERPRETERS = 16 };
	const struct python *p = &w->p;
	uint64_t interpreter = peek_pointer(&p->m, p->runtime + p->l.runtime_interpreters);
	uint64_t gil = p->l.runtime_gil ? p->runtime + p->l.runtime_gil : 0;

	for (int i = 0; interpreter && i < MAX_INTERPRETERS; i++) {
		uint32_t locked;

		if (!p->l.runtime_gil)
			gil = peek_pointer(&p->m, interpreter + p->l.interpreter_gil);
		if (gil && peek_u32(&p->m, gil + p->l.gil_locked, &locked) && locked == 1 &&
			peek_pointer(&p->m, gil + p->l.gil_holder) == state)
			return true;
		interpreter = peek_pointer(&p->m, interpreter + p->l.interpreter_next);
	}
	return false;
}

/* --- the object whose lock a thread waits for --- */

enum {
	LOCK_WORD = 16, /* of a Lock, RLock, SimpleQueue, SemLock: what it waits on, or a pointer */
	LOCK_OWNER = 24, /* of an RLock: the ident of its owner */
	SEMLOCK_MAX = 36,
	SEMLOCK_KIND = 40, /* 0: recursive */
};

static const struct {
	const char *type;
	enum language_wait wait;
} lock_types[] = {
	{ "_thread.lock", LANGUAGE_WAIT_LOCK },
	{ "_thread.RLock", LANGUAGE_WAIT_RLOCK },
	{ "_queue.SimpleQueue", LANGUAGE_WAIT_QUEUE },
	{ "_multiprocessing.SemLock", LANGUAGE_WAIT_SEMAPHORE },
};

static enum language_wait wait_of_type(const struct python *p, uint64_t object)
{
	for (size_t i = 0; i < ARRAY_SIZE(lock_types); i++)
		if (python_is_a(p, object, lock_types[i].type))
			return lock_types[i].wait;
	return LANGUAGE_WAIT_NONE;
}

/* A lock of multiprocessing is a semaphore that counts to one. */
static enum language_wait wait_of_semlock(const struct python *p, uint64_t object)
{
	uint32_t max, kind;

	if (!peek_u32(&p->m, object + SEMLOCK_MAX, &max) ||
		!peek_u32(&p->m, object + SEMLOCK_KIND, &kind))
		return LANGUAGE_WAIT_NONE;
	if (kind == 0)
		return LANGUAGE_WAIT_RLOCK;
	return max == 1 ? LANGUAGE_WAIT_LOCK : LANGUAGE_WAIT_SEMAPHORE;
}

/* struct buffered of Modules/_io/bufferedio.c: its lock is followed by the ident of the owner. */
static bool is_buffered(
	const struct python *p, uint64_t object, uint64_t target, uint64_t *ret_owner)
{
	enum { WORDS = 24 };
	uint64_t words[WORDS];

	if (!python_is_a(p, object, "_io.BufferedWriter") &&
		!python_is_a(p, object, "_io.BufferedReader") &&
		!python_is_a(p, object, "_io.BufferedRandom"))
		return false;
	if (!peek_read(&p->m, object, words, sizeof(words)))
		return false;
	for (size_t i = 2; i + 1 < WORDS; i++)
		if (words[i] == target) {
			*ret_owner = words[i + 1];
			return true;
		}
	return false;
}

struct found {
	enum language_wait wait;
	uint64_t object, owner; /* owner: an ident */
};

/* target: the semaphore or mutex that a lock object points to, or the word in it. */
static bool examine(
	const struct python *p, uint64_t object, uint64_t target, struct found *ret_found)
{
	uint64_t head[4];
	struct found f = { .object = object };

	if (object % 8 || !peek_read(&p->m, object, head, sizeof(head)))
		return false;
	if (head[LOCK_WORD / 8] == target || object + LOCK_WORD == target)
		f.wait = wait_of_type(p, object);
	if (f.wait == LANGUAGE_WAIT_RLOCK)
		f.owner = head[LOCK_OWNER / 8];
	if (f.wait == LANGUAGE_WAIT_SEMAPHORE)
		f.wait = wait_of_semlock(p, object);
	if (f.wait == LANGUAGE_WAIT_NONE && is_buffered(p, object, target, &f.owner))
		f.wait = LANGUAGE_WAIT_BUFFER_LOCK;
	*ret_found = f;
	return f.wait != LANGUAGE_WAIT_NONE;
}

/* The functions that wait for a lock have its object in their frames on the native stack. That the
 * object leads to the very word that the thread waits on makes a mistake next to impossible. */
static bool find_on_stack(const struct python *p, uint64_t sp, uint64_t target, struct found *ret)
{
	enum { WORDS = 512, MIN_WORDS = 32, LOWEST = 1 << 16 };
	uint64_t words[WORDS], last = 0;
	size_t n = WORDS;

	while (n >= MIN_WORDS && !peek_read(&p->m, sp, words, n * sizeof(*words)))
		n /= 2;
	for (size_t i = 0; n >= MIN_WORDS && i < n; i++) {
		if (words[i] < LOWEST || words[i] > INT64_MAX || words[i] == last)
			continue;
		last = words[i];
		if (examine(p, words[i], target, ret))
			return true;
	}
	return false;
}

/* From 3.13 on a thread may park on a semaphore of its own, in a struct wait_entry on its stack
 * that says before it which word it waits for (Python/parking_lot.c). */
static bool find_lock(const struct python *p, const struct language_thread *t, struct found *ret)
{
	uint64_t target = t->futex;

	if (!t->futex || t->sp % 8)
		return false;
	if (find_on_stack(p, t->sp, target, ret))
		return true;
	if (p->minor < 13)
		return false;
	target = peek_pointer(&p->m, t->futex - sizeof(uint64_t));
	if (!target)
		return false;
	return examine(p, target - LOCK_WORD, target, ret) || find_on_stack(p, t->sp, target, ret);
}

/* --- what a function of the library waits for --- */

struct call {
	const char *file, *function;
	const char *self; /* type of the object that it is a method of; NULL any */
	enum language_wait wait;
	bool after_wait; /* only where a function that it calls waits for an event, not for a lock
			  */
};

static const struct call calls[] = {
	{ "threading.py", "wait", "Condition", LANGUAGE_WAIT_CONDITION, false },
	{ "threading.py", "wait", "Event", LANGUAGE_WAIT_EVENT, true },
	{ "threading.py", "wait", "Barrier", LANGUAGE_WAIT_BARRIER, true },
	{ "threading.py", "acquire", "Semaphore", LANGUAGE_WAIT_SEMAPHORE, true },
	{ "threading.py", "acquire", "BoundedSemaphore", LANGUAGE_WAIT_SEMAPHORE, true },
	{ "threading.py", "join", NULL, LANGUAGE_WAIT_JOIN, false },
	{ "threading.py", "_shutdown", NULL, LANGUAGE_WAIT_JOIN, false },
	{ "multiprocessing/synchronize.py", "wait", "Condition", LANGUAGE_WAIT_CONDITION, false },
	{ "multiprocessing/synchronize.py", "wait", "Event", LANGUAGE_WAIT_EVENT, true },
	{ "multiprocessing/managers.py", "_callmethod", NULL, LANGUAGE_WAIT_PROXY, false },
	{ "queue.py", "get", NULL, LANGUAGE_WAIT_QUEUE, true },
	{ "queue.py", "put", NULL, LANGUAGE_WAIT_QUEUE_ROOM, true },
	{ "queue.py", "join", NULL, LANGUAGE_WAIT_QUEUE_DONE, true },
	{ "multiprocessing/queues.py", "get", NULL, LANGUAGE_WAIT_QUEUE, false },
	{ "multiprocessing/queues.py", "put", NULL, LANGUAGE_WAIT_QUEUE_ROOM, false },
	{ "multiprocessing/queues.py", "join", NULL, LANGUAGE_WAIT_QUEUE_DONE, true },
	{ "multiprocessing/connection.py", "recv", NULL, LANGUAGE_WAIT_CONNECTION, false },
	{ "multiprocessing/connection.py", "send", NULL, LANGUAGE_WAIT_CONNECTION, false },
	{ "multiprocessing/pool.py", "wait", NULL, LANGUAGE_WAIT_POOL, true },
	{ "multiprocessing/pool.py", "next", NULL, LANGUAGE_WAIT_POOL, true },
	{ "concurrent/futures/_base.py", "result", NULL, LANGUAGE_WAIT_FUTURE, true },
	{ "concurrent/futures/_base.py", "exception", NULL, LANGUAGE_WAIT_FUTURE, true },
	{ "concurrent/futures/_base.py", "wait", NULL, LANGUAGE_WAIT_FUTURE, true },
	{ "concurrent/futures/_base.py", "as_completed", NULL, LANGUAGE_WAIT_FUTURE, true },
	{ "<frozen importlib._bootstrap>", "acquire", "_ModuleLock", LANGUAGE_WAIT_IMPORT_LOCK,
		false },
};

static const struct call *find_call(const struct python *p, const struct python_frame *f,
	const struct language_frame *shown, bool waited)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];
		char *type;
		bool same;

		if (!python_is_module(shown->file, c->file) ||
			strcmp(python_bare_name(shown->function), c->function) ||
			(c->after_wait && !waited))
			continue;
		if (!c->self)
			return c;
		type = python_type_name(p, python_local(p, f, 0));
		same = type && !strcmp(type, c->self);
		free(type);
		if (same)
			return c;
	}
	return NULL;
}

/* The outermost call of the library below the user's code is what the user knows: of a Queue, not
 * of the Condition in it. */
static const struct call *find_library_call(
	const struct python *p, const struct python_stack *s, size_t *ret_frame)
{
	const struct call *found = NULL;
	bool waited = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct language_frame *shown = &s->shown->frames[s->own + i];
		const struct call *c;

		if (!shown->library)
			break;
		c = find_call(p, &s->frames[i], shown, waited);
		if (!c)
			continue;
		waited = waited || c->wait == LANGUAGE_WAIT_CONDITION;
		found = c;
		*ret_frame = i;
	}
	return found;
}

/* The end of a thread is awaited by its Thread object, an import by the module's lock. */
static void read_library_wait(struct python_world *w, const struct call *c,
	const struct python_stack *s, size_t frame, struct language_stack *stack)
{
	const struct python *p = &w->p;
	uint64_t self = python_local(p, &s->frames[frame], 0);

	stack->wait = c->wait;
	stack->address = self;
	stack->call = s->own + frame;
	if (c->wait == LANGUAGE_WAIT_JOIN) {
		stack->owner_token = python_int(p, python_attribute(p, self, "_ident"));
		stack->name = python_text(p, python_attribute(p, self, "_name"));
	} else if (c->wait == LANGUAGE_WAIT_IMPORT_LOCK) {
		stack->owner_token = python_int(p, python_attribute(p, self, "owner"));
		stack->name = python_text(p, python_attribute(p, self, "name"));
	} else {
		stack->name = python_name_object(p, s, self);
	}
	stack->owner = python_find_ident(w, stack->owner_token);
}

void python_read_wait(struct python_world *w, const struct language_thread *t, uint64_t state,
	const struct python_stack *s, struct language_stack *stack)
{
	const struct call *c;
	struct found f;
	size_t frame;

	if (t->futex && is_gil_wait(w, t->futex, state, stack))
		return;
	c = find_library_call(&w->p, s, &frame);
	if (c) {
		read_library_wait(w, c, s, frame, stack);
		return;
	}
	if (!find_lock(&w->p, t, &f))
		return;
	stack->wait = f.wait;
	stack->address = f.object;
	stack->owner_token = f.owner;
	stack->owner = python_find_ident(w, f.owner);
	if (!stack->owner && language_wait_is_lock(f.wait))
		stack->owner = python_find_holder(w, f.object);
	stack->name = python_name_object(&w->p, s, f.object);
}
