/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/language.h"

#include "runner/base/util.h"

static const struct {
	const char *name;
	bool lock;
} waits[LANGUAGE_WAIT_COUNT] = {
	[LANGUAGE_WAIT_NONE] = { "", false },
	[LANGUAGE_WAIT_LOCK] = { "Lock", true },
	[LANGUAGE_WAIT_RLOCK] = { "RLock", true },
	[LANGUAGE_WAIT_IMPORT_LOCK] = { "the import lock of module", true },
	[LANGUAGE_WAIT_BUFFER_LOCK] = { "the lock of the buffered file", true },
	[LANGUAGE_WAIT_INTERPRETER] = { "the global interpreter lock (GIL)", true },
	[LANGUAGE_WAIT_MUTEX] = { "Mutex", true },
	[LANGUAGE_WAIT_RWMUTEX] = { "RWMutex", true },
	[LANGUAGE_WAIT_CONDITION] = { "Condition", false },
	[LANGUAGE_WAIT_EVENT] = { "Event", false },
	[LANGUAGE_WAIT_SEMAPHORE] = { "Semaphore", false },
	[LANGUAGE_WAIT_BARRIER] = { "Barrier", false },
	[LANGUAGE_WAIT_QUEUE] = { "Queue", false },
	[LANGUAGE_WAIT_QUEUE_ROOM] = { "room in Queue", false },
	[LANGUAGE_WAIT_QUEUE_DONE] = { "task_done() of Queue", false },
	[LANGUAGE_WAIT_CONNECTION] = { "Connection", false },
	[LANGUAGE_WAIT_PROXY] = { "the manager's object", false },
	[LANGUAGE_WAIT_FUTURE] = { "Future", false },
	[LANGUAGE_WAIT_POOL] = { "result of a Pool's job", false },
	[LANGUAGE_WAIT_JOIN] = { "end of thread", false },
	[LANGUAGE_WAIT_CHANNEL_SEND] = { "receiver from channel", false },
	[LANGUAGE_WAIT_CHANNEL_RECEIVE] = { "sender to channel", false },
	[LANGUAGE_WAIT_SELECT] = { "select", false },
	[LANGUAGE_WAIT_GROUP] = { "WaitGroup", false },
	[LANGUAGE_WAIT_IO] = { "descriptor", false },
};

const char *language_wait_name(enum language_wait w)
{
	return waits[w].name;
}

bool language_wait_is_lock(enum language_wait w)
{
	return waits[w].lock;
}

void language_stack_done(struct language_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++) {
		free(stack->frames[i].function);
		free(stack->frames[i].file);
	}
	free(stack->frames);
	free(stack->name);
	free(stack->thread_name);
	*stack = (struct language_stack){ 0 };
}

void language_tasks_done(struct language_task *tasks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		language_stack_done(&tasks[i].stack);
		free(tasks[i].description);
	}
	free(tasks);
}

void language_add_frame(
	struct language_stack *stack, char *function, char *file, int line, bool library)
{
	stack->frames = mem_grow(stack->frames, stack->n, &stack->cap, sizeof(*stack->frames));
	stack->frames[stack->n++] = (struct language_frame){ function, file, line, library };
}

const struct language_frame *language_where(const struct language_stack *stack)
{
	for (size_t i = 0; i < stack->n; i++)
		if (!stack->frames[i].library && stack->frames[i].function)
			return &stack->frames[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

char *language_frame_text(const struct language_frame *f)
{
	if (!f->file)
		return mem_strdup(f->function);
	if (!f->line)
		return mem_printf("%s (%s)", f->function, base_name(f->file));
	return mem_printf("%s (%s:%d)", f->function, base_name(f->file), f->line);
}
