/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The coroutine that an event loop (asyncio) runs to its end. A thread that sits in its loop says
 * nothing about the code that never goes on; the suspended frames of the coroutine do. Pure.
 */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum { MAX_AWAITS = 32, MAX_CHILDREN = 64 };

/* --- objects of asyncio --- */

/* A Task of the C module keeps its coroutine in a word that differs from version to version; no
 * other word of it is a coroutine. */
static uint64_t coroutine_of(const struct python *p, uint64_t task)
{
	enum { FIRST = 2, WORDS = 32 };
	uint64_t words[WORDS], coroutine;

	if (!task)
		return 0;
	if (python_is_a(p, task, "coroutine"))
		return task;
	coroutine = python_attribute(p, task, "_coro");
	if (coroutine)
		return coroutine;
	if (!python_is_a(p, task, "_asyncio.Task") || !peek_read(&p->m, task, words, sizeof(words)))
		return 0;
	for (size_t i = FIRST; i < WORDS; i++)
		if (words[i] && python_is_a(p, words[i], "coroutine"))
			return words[i];
	return 0;
}

/* What a suspended frame waits for is on top of its stack. */
static uint64_t awaited_by(const struct python *p, uint64_t coroutine)
{
	uint64_t frame, stack, values, n = 0, word;
	uint32_t count;

	if (p->l.generator_iframe) {
		frame = coroutine + p->l.generator_iframe;
		values = frame + p->l.frame_locals;
	} else {
		frame = peek_pointer(&p->m, coroutine + p->l.generator_frame);
		values = peek_pointer(&p->m, frame + p->l.frame_valuestack);
	}
	if (p->l.frame_stackpointer || (p->l.frame_stacktop && p->minor < 11)) {
		stack = peek_pointer(
			&p->m, frame + (p->l.frame_stackpointer ? p->l.frame_stackpointer
								: p->l.frame_stacktop));
		n = stack > values ? (stack - values) / sizeof(uint64_t) : 0;
	} else if (peek_u32(&p->m,
			   frame + (p->l.frame_stacktop ? p->l.frame_stacktop
							: p->l.frame_stackdepth),
			   &count)) {
		n = count;
	}
	if (!frame || !n || n > 1024)
		return 0;
	word = peek_pointer(&p->m, values + (n - 1) * sizeof(uint64_t));
	return p->minor >= 14 ? word & ~UINT64_C(3) : word;
}

/* gather() waits for several: the first that has not ended. */
static uint64_t first_child(const struct python *p, uint64_t future)
{
	uint64_t children = python_attribute(p, future, "_children"), items, n;

	if (!children || !peek_u64(&p->m, children + PYTHON_SIZE, &n) || n > MAX_CHILDREN)
		return 0;
	items = peek_pointer(&p->m, children + PYTHON_LIST_ITEMS);
	for (size_t i = 0; items && i < n; i++) {
		uint64_t task = peek_pointer(&p->m, items + i * sizeof(uint64_t));

		if (coroutine_of(p, task) && awaited_by(p, coroutine_of(p, task)))
			return task;
	}
	return 0;
}

/* Through the iterators that `await` wraps around things; both keep the thing in their first word.
 */
static uint64_t unwrap(const struct python *p, uint64_t object)
{
	enum { WRAPPED = 16 };

	if (python_is_a(p, object, "_asyncio.FutureIter") ||
		python_is_a(p, object, "coroutine_wrapper"))
		object = peek_pointer(&p->m, object + WRAPPED);
	if (object && python_is_a(p, object, "_GatheringFuture")) {
		uint64_t child = first_child(p, object);

		return child ? child : object;
	}
	return object;
}

/* --- the chain of awaits --- */

struct chain {
	struct python_frame frames[MAX_AWAITS]; /* outermost first */
	size_t n;
	uint64_t awaited; /* what the innermost one waits for; 0 unknown */
};

static void follow(const struct python *p, uint64_t coroutine, struct chain *c)
{
	while (coroutine && c->n < MAX_AWAITS &&
		python_read_generator(p, coroutine, &c->frames[c->n])) {
		uint64_t awaited = awaited_by(p, coroutine);

		c->n++;
		c->awaited = awaited ? unwrap(p, awaited) : 0;
		coroutine = c->awaited ? coroutine_of(p, c->awaited) : 0;
	}
}

static bool is_in_module(const struct python *p, const struct python_frame *f, const char *module)
{
	char *file = python_frame_file(p, f);
	bool same = python_is_module(file, module);

	free(file);
	return same;
}

/* The task that the loop of this thread was started for, where the thread sits in the loop. */
static uint64_t find_root(const struct python *p, const struct python_frame *frames, size_t n)
{
	enum { INNERMOST = 12 };

	if (!n || !is_in_module(p, &frames[0], "selectors.py"))
		return 0;
	for (size_t i = 1; i < n && i < INNERMOST; i++) {
		uint64_t task = 0;

		if (is_in_module(p, &frames[i], "asyncio/base_events.py"))
			task = python_local_named(p, &frames[i], "future");
		if (task)
			return coroutine_of(p, task);
	}
	return 0;
}

/* f: the innermost frame, and how it is shown. */
static enum language_wait wait_of(
	const struct python *p, const struct python_frame *f, const struct language_frame *shown)
{
	static const struct {
		const char *module, *function, *self;
		enum language_wait wait;
	} waits[] = {
		{ "asyncio/locks.py", "wait", "Event", LANGUAGE_WAIT_EVENT },
		{ "asyncio/locks.py", "wait", "Condition", LANGUAGE_WAIT_CONDITION },
		{ "asyncio/locks.py", "acquire", "Semaphore", LANGUAGE_WAIT_SEMAPHORE },
		{ "asyncio/locks.py", "acquire", "Lock", LANGUAGE_WAIT_LOCK },
		{ "asyncio/queues.py", "get", "Queue", LANGUAGE_WAIT_QUEUE },
		{ "asyncio/queues.py", "put", "Queue", LANGUAGE_WAIT_QUEUE_ROOM },
		{ "asyncio/queues.py", "join", "Queue", LANGUAGE_WAIT_QUEUE_DONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(waits); i++)
		if (python_is_module(shown->file, waits[i].module) &&
			!strcmp(python_bare_name(shown->function), waits[i].function) &&
			python_is_a(p, python_local(p, f, 0), waits[i].self))
			return waits[i].wait;
	return LANGUAGE_WAIT_FUTURE;
}

/* Of a call into the library (Lock.acquire) what counts is its object. */
static void name_awaited(const struct python *p, struct chain *c, struct language_stack *stack)
{
	struct python_stack *s = mem_alloc(sizeof(*s));

	stack->wait = wait_of(p, &c->frames[c->n - 1], &stack->frames[0]);
	stack->address = c->awaited;
	if (stack->wait != LANGUAGE_WAIT_FUTURE)
		stack->address = python_local(p, &c->frames[c->n - 1], 0);
	for (size_t i = 0; i < c->n; i++)
		s->frames[i] = c->frames[c->n - 1 - i];
	s->n = c->n;
	s->shown = stack;
	stack->name = python_name_object(p, s, stack->address);
	free(s);
}

size_t python_read_awaits(const struct python *p, const struct python_frame *frames, size_t n,
	struct python_frame *ret_frames, size_t max)
{
	struct chain *c = mem_alloc(sizeof(*c));
	size_t shown;

	follow(p, find_root(p, frames, n), c);
	shown = c->n < max ? c->n : max;
	for (size_t i = 0; i < shown; i++)
		ret_frames[i] = c->frames[c->n - 1 - i];
	free(c);
	return shown;
}

/* The frame further out whose `async with` took the Lock: that is its own. */
static void find_own_hold(
	const struct python *p, const struct chain *c, struct language_stack *stack)
{
	for (size_t i = 0; stack->wait == LANGUAGE_WAIT_LOCK && i < c->n; i++) {
		for (size_t k = 0; k < c->frames[i].depth; k++) {
			uint64_t value = python_stack_value(p, &c->frames[i], k);

			if (value && python_is_a(p, value, "method"))
				value = peek_pointer(&p->m, value + PYTHON_METHOD_SELF);
			if (value && value == stack->address)
				stack->holds_itself = true;
		}
	}
}

void python_read_coroutine(
	const struct python *p, const struct python_stack *s, struct language_stack *stack)
{
	struct chain *c = mem_alloc(sizeof(*c));

	follow(p, find_root(p, s->frames, s->n), c);
	for (size_t i = c->n; i--;) {
		char *function = python_frame_function(p, &c->frames[i]);
		char *file = python_frame_file(p, &c->frames[i]);

		language_add_frame(stack, function ? function : mem_strdup("?"), file,
			python_frame_line(p, &c->frames[i]), file && python_is_library(file));
	}
	if (c->n && c->awaited) {
		name_awaited(p, c, stack);
		find_own_hold(p, c, stack);
	}
	free(c);
}
