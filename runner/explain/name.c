/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What processes and threads are called in sentences. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

static const char *command_of(const struct explanation *e, size_t process)
{
	const char *command = e->commands ? e->commands[process] : NULL;

	return command ? command : e->s->processes[process].comm;
}

static bool is_root(const struct explanation *e, size_t process)
{
	return e->s->processes[process].pid == e->s->root;
}

/* A cause stands for many trials: its ids are examples, and of the program itself there is no need
 * for one. */
static char *name_in_cause(const struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];
	bool copy = e->forked && e->forked[process];

	if (is_root(e, process))
		return mem_strdup(command_of(e, process));
	return mem_printf("%s%s (for example pid %d)", copy ? "a child of " : "",
		command_of(e, process), (int)p->pid);
}

char *explain_process(const struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];

	if (e->is_cause)
		return name_in_cause(e, process);
	return mem_printf("%s (pid %d)", command_of(e, process), (int)p->pid);
}

char *explain_process_and_parent(const struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];

	if (e->is_cause || !e->forked || !e->forked[process] || p->parent == SIZE_MAX)
		return explain_process(e, process);
	return mem_printf("%s (pid %d, a child of %d)", command_of(e, process), (int)p->pid,
		(int)e->s->processes[p->parent].pid);
}

/* A name only where it is not the program's own. */
static char *name_thread(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	const struct process *p = &e->s->processes[t->process];

	if (t->comm[0] && strcmp(t->comm, p->comm) != 0)
		return e->is_cause ? mem_printf("thread \"%s\"", t->comm)
				   : mem_printf("thread %d \"%s\"", (int)t->tid, t->comm);
	if (!e->is_cause)
		return mem_printf("thread %d", (int)t->tid);
	return mem_strdup(t->tid == p->pid ? "its first thread" : "another thread of it");
}

static size_t count_living(const struct explanation *e, size_t process)
{
	const struct process *p = &e->s->processes[process];
	size_t n = 0;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		n += e->s->threads[i].rest != REST_EXITING;
	return n;
}

char *explain_subject(const struct explanation *e, size_t thread)
{
	size_t process = e->s->threads[thread].process;
	bool several = count_living(e, process) > 1;
	cleanup(cleanup_free) char *place = explain_short_place(&e->threads[thread]);
	cleanup(cleanup_free) char *who = NULL, *id = NULL;

	if (several && place && e->s->n_processes == 1)
		return e->is_cause ? mem_strdup(place)
				   : mem_printf("%s (thread %d)", place,
					     (int)e->s->threads[thread].tid);
	who = explain_process(e, process);
	if (!several)
		return place ? mem_printf("%s in %s", who, place) : mem_strdup(who);
	id = name_thread(e, thread);
	if (e->is_cause && place)
		return mem_printf("%s in %s", who, place);
	return place ? mem_printf("%s, %s in %s", who, id, place) : mem_printf("%s, %s", who, id);
}
