/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/languages.h"

#include "runner/base/util.h"

/* In the order in which they are tried. */
static const struct language *const languages[] = {
	&language_python,
};

static const struct {
	const char *name;
	bool lock;
} waits[LANGUAGE_WAIT_COUNT] = {
	[LANGUAGE_WAIT_NONE] = { "", false },
	[LANGUAGE_WAIT_LOCK] = { "Lock", true },
	[LANGUAGE_WAIT_RLOCK] = { "RLock", true },
	[LANGUAGE_WAIT_IMPORT_LOCK] = { "import lock", true },
	[LANGUAGE_WAIT_BUFFER_LOCK] = { "lock of the buffered file", true },
	[LANGUAGE_WAIT_INTERPRETER] = { "global interpreter lock (GIL)", true },
	[LANGUAGE_WAIT_MUTEX] = { "Mutex", true },
	[LANGUAGE_WAIT_RWMUTEX] = { "RWMutex", true },
	[LANGUAGE_WAIT_CONDITION] = { "Condition", false },
	[LANGUAGE_WAIT_EVENT] = { "Event", false },
	[LANGUAGE_WAIT_SEMAPHORE] = { "Semaphore", false },
	[LANGUAGE_WAIT_BARRIER] = { "Barrier", false },
	[LANGUAGE_WAIT_QUEUE] = { "Queue", false },
	[LANGUAGE_WAIT_FUTURE] = { "Future", false },
	[LANGUAGE_WAIT_POOL] = { "result of a Pool's job", false },
	[LANGUAGE_WAIT_JOIN] = { "end of Thread", false },
	[LANGUAGE_WAIT_CHANNEL_SEND] = { "receiver from channel", false },
	[LANGUAGE_WAIT_CHANNEL_RECEIVE] = { "sender to channel", false },
	[LANGUAGE_WAIT_SELECT] = { "select", false },
	[LANGUAGE_WAIT_GROUP] = { "WaitGroup", false },
};

struct language_process {
	const struct language *language;
	void *process;
};

const char *language_wait_name(enum language_wait w)
{
	return waits[w].name;
}

bool language_wait_is_lock(enum language_wait w)
{
	return waits[w].lock;
}

struct language_process *language_open(struct symbols *s)
{
	for (size_t i = 0; s && i < ARRAY_SIZE(languages); i++) {
		void *process = languages[i]->open(s);
		struct language_process *p;

		if (!process)
			continue;
		p = mem_alloc(sizeof(*p));
		*p = (struct language_process){ languages[i], process };
		return p;
	}
	return NULL;
}

void language_close(struct language_process *p)
{
	if (p)
		p->language->close(p->process);
	free(p);
}

const char *language_name(const struct language_process *p)
{
	return p ? p->language->name : NULL;
}

void language_read_thread(struct language_process *p, const struct language_thread *t,
	struct language_stack *ret_stack)
{
	*ret_stack = (struct language_stack){ 0 };
	if (p)
		p->language->read_thread(p->process, t, ret_stack);
}

pid_t language_find_holder(struct language_process *p, uint64_t address)
{
	if (!p || !address || !p->language->find_holder)
		return 0;
	return p->language->find_holder(p->process, address);
}

pid_t language_find_thread(struct language_process *p, uint64_t token)
{
	if (!p || !token || !p->language->find_thread)
		return 0;
	return p->language->find_thread(p->process, token);
}

void language_read_tasks(
	struct language_process *p, struct language_task **ret_tasks, size_t *ret_n)
{
	*ret_tasks = NULL;
	*ret_n = 0;
	if (p && p->language->read_tasks)
		p->language->read_tasks(p->process, ret_tasks, ret_n);
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
