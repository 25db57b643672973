/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * python/python.h: what a thread of CPython does and waits for, from the memory of its process.
 * Pure functions of that memory: unit tests and a fuzz target feed them.
 */
#ifndef RUNNER_EXPLAIN_PYTHON_PYTHON_H
#define RUNNER_EXPLAIN_PYTHON_PYTHON_H

#include "runner/explain/language.h"
#include "runner/explain/python/frame.h"

/* A lock that a thread holds by a `with` block that it is in. */
struct python_hold {
	uint64_t lock; /* the Lock or RLock */
	pid_t tid;
};

struct python_world {
	struct python p;
	struct python_thread *threads;
	size_t n_threads;
	struct python_hold *holds;
	size_t n_holds, cap_holds;
	bool holds_read;
};

/* python/language.c: where the interpreter of a process keeps its state, and its version 3.minor.
 */
struct symbols;
bool python_locate(const struct symbols *s, uint64_t *ret_runtime, int *ret_minor);

/* NULL: no interpreter of a known version lives there. runtime: address of _PyRuntime; minor: of
 * 3.minor. */
struct python_world *python_open(const struct peek *m, uint64_t runtime, int minor);
void python_close(struct python_world *w); /* NULL-safe */

/* The stack of a thread, what it waits for and who holds that. Leaves *stack as it is where it is
 * no thread of Python's. */
void python_read_thread(
	struct python_world *w, const struct language_thread *t, struct language_stack *stack);

/* The thread that holds a lock by a `with` block; the thread with that ident. 0 unknown. */
pid_t python_find_holder(struct python_world *w, uint64_t lock);
pid_t python_find_ident(const struct python_world *w, uint64_t ident);

/* --- for the files of this folder --- */

struct python_stack {
	struct python_frame frames[PYTHON_MAX_FRAMES]; /* innermost first */
	size_t n;
	/* As the user sees them: frames of a coroutine that the thread's event loop runs, then the
	 * thread's. One entry a frame of the thread from `own` on. */
	size_t own;
	const struct language_stack *shown;
};

/* python/wait.c: fills wait, name, address and owner of *stack. */
void python_read_wait(struct python_world *w, const struct language_thread *t, uint64_t state,
	const struct python_stack *s, struct language_stack *stack);

/* The thread of this state has the interpreter lock, and another may want it. */
bool python_holds_interpreter(const struct python_world *w, uint64_t state);

/* python/name.c: under which name the user's frames hold an object: "journal", "Logger._lock",
 * "q.mutex". NULL none; the caller frees. */
char *python_name_object(const struct python *p, const struct python_stack *s, uint64_t object);

/* python/inside.c: where in `container` the object is, not more than `depth` levels down: ".lock",
 * "[3]", ".locks['alice']". NULL nowhere; the caller frees. values: how many may still be looked
 * at, in this search and in those that follow. */
enum { PYTHON_MAX_INSIDE = 3 };
char *python_find_inside(
	const struct python *p, uint64_t container, uint64_t object, int depth, size_t *values);

/* python/task.c: the frames of the coroutine that an event loop runs to its end, innermost first;
 * frames: of the thread. How many; 0: it sits in no such loop. */
size_t python_read_awaits(const struct python *p, const struct python_frame *frames, size_t n,
	struct python_frame *ret_frames, size_t max);
/* Shows the suspended coroutine that an event loop runs to its end, what it awaits,
 * and the name of that. Called before the thread's own frames are added. */
void python_read_coroutine(
	const struct python *p, const struct python_stack *s, struct language_stack *stack);

#endif
