/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

static const struct python_thread *find_thread(const struct python_world *w, pid_t tid)
{
	for (size_t i = 0; i < w->n_threads; i++)
		if (w->threads[i].tid == tid)
			return &w->threads[i];
	return NULL;
}

/* A process that multiprocessing forked has its parent's frames below this one; that it was started
 * there is not what it does. */
static bool is_start_of_process(const struct language_frame *f)
{
	return python_is_module(f->file, "multiprocessing/process.py") &&
	       !strcmp(python_bare_name(f->function), "_bootstrap");
}

static void show_frames(
	const struct python *p, const struct python_stack *s, struct language_stack *stack)
{
	bool inherited = false;

	for (size_t i = 0; i < s->n; i++) {
		const struct python_frame *f = &s->frames[i];
		char *function = python_frame_function(p, f), *file = python_frame_file(p, f);

		language_add_frame(stack, function ? function : mem_strdup("?"), file,
			python_frame_line(p, f), inherited || (file && python_is_library(file)));
		inherited = inherited || is_start_of_process(&stack->frames[stack->n - 1]);
	}
}

/* The outermost functions of a thread that threading.Thread started are methods of that object. */
static char *read_thread_name(const struct python *p, const struct python_stack *s)
{
	const struct python_frame *f = s->n ? &s->frames[s->n - 1] : NULL;
	char *function = f ? python_frame_function(p, f) : NULL, *name = NULL;

	if (function && strstr(function, "_bootstrap"))
		name = python_text(p, python_attribute(p, python_local(p, f, 0), "_name"));
	free(function);
	return name;
}

void python_read_thread(
	struct python_world *w, const struct language_thread *t, struct language_stack *stack)
{
	const struct python_thread *thread = find_thread(w, t->tid);
	struct python_stack *s;

	if (!thread)
		return;
	s = mem_alloc(sizeof(*s));
	s->n = python_read_frames(&w->p, thread->state, s->frames, PYTHON_MAX_FRAMES);
	s->shown = stack;
	python_read_coroutine(&w->p, s, stack);
	s->own = stack->n;
	show_frames(&w->p, s, stack);
	stack->thread_name = read_thread_name(&w->p, s);
	if (stack->wait == LANGUAGE_WAIT_NONE)
		python_read_wait(w, t, thread->state, s, stack);
	stack->holds_interpreter = w->n_threads > 1 && python_holds_interpreter(w, thread->state);
	free(s);
}
