/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out what a snapshot does not say: names, owners and stacks. */
#include "runner/explain/internal.h"

#include "runner/explain/blocked.h"
#include "runner/explain/program.h"
#include "runner/explain/reader.h"
#include "runner/proc/facts.h"
#include "runner/proc/open.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>

/* --- processes --- */

static void take_language_stack(struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	struct language_process *p = readers_language(e->readers, t->process);
	struct language_thread wanted = { .tid = e->local_tid[thread], .sp = t->sp };

	if (t->syscall_nr == SYS_futex)
		wanted.futex = t->args[0];
	wanted.for_child = t->syscall_nr == SYS_wait4;
	language_read_thread(p, &wanted, &e->threads[thread].language);
}

static void take_stack(struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];
	struct unwind *u = readers_unwind(e->readers, t->process);

	if (u && !e->threads[thread].stack.n)
		unwind_thread(u, t, !e->threads[thread].language.n, &e->threads[thread].stack);
}

/* Locks store the tid that their process sees; in a pid namespace that is not ours. Thread ids of a
 * process are local when its own is. */
static void read_local_tids(struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		const struct process *p = &e->s->processes[i];
		bool local = procfs_read_inner_tid(p->pid) != p->pid;

		for (size_t k = p->first_thread; k < p->first_thread + p->n_threads; k++)
			e->local_tid[k] = local ? procfs_read_inner_tid(e->s->threads[k].tid)
						: e->s->threads[k].tid;
	}
}

/* The kernel adds the page faults of ended threads to the process; no thread lives without one. */
static bool had_more_threads(const struct snapshot *s, const struct process *p)
{
	int64_t all = procfs_read_faults(p->pid, 0), alive = 0;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		int64_t n = procfs_read_faults(p->pid, s->threads[i].tid);

		if (n < 0)
			return false;
		alive += n;
	}
	return all > alive;
}

static bool is_forked(const struct snapshot *s, const struct process *p)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/exe", (int)p->ppid);
	char exe[sizeof(p->exe)] = "";

	if (p->parent != SIZE_MAX)
		return p->exe[0] && !strcmp(p->exe, s->processes[p->parent].exe);
	if (p->pid != s->root)
		return true; /* its parent has ended; it has been in the tree */
	return p->exe[0] && procfs_readlink(path, exe, sizeof(exe) - 1) > 0 && !strcmp(p->exe, exe);
}

/* --- what the language says it is --- */

/* The thread of the parent that held it at fork(), and still does. SIZE_MAX: nobody, or unknown. */
static size_t find_holder_in_parent(struct explanation *e, size_t thread)
{
	const struct language_stack *l = &e->threads[thread].language;
	size_t process = e->s->threads[thread].process;
	size_t parent = e->s->processes[process].parent;
	pid_t tid = 0;

	if (parent == SIZE_MAX || !e->forked[process] || !language_wait_is_lock(l->wait))
		return SIZE_MAX;
	if (l->owner_token)
		tid = language_find_thread(readers_language(e->readers, parent), l->owner_token);
	else
		tid = language_find_holder(readers_language(e->readers, parent), l->address);
	for (size_t i = e->s->processes[parent].first_thread, n = 0;
		tid && n < e->s->processes[parent].n_threads; i++, n++)
		if (e->local_tid[i] == tid)
			return i;
	return SIZE_MAX;
}

/* Who holds it: a thread of the process, or one that fork() left behind in its parent. */
static size_t find_language_owner(struct explanation *e, size_t thread)
{
	const struct language_stack *l = &e->threads[thread].language;

	return l->owner ? explain_find_thread(e, thread, (uint32_t)l->owner)
			: find_holder_in_parent(e, thread);
}

/* A frame further out holds it, in the parent too: it did so before fork(). */
static void see_owner_at_fork(struct explanation *e, size_t thread)
{
	struct symbols *s = readers_symbols(e->readers, e->s->threads[thread].process);
	size_t owner = find_holder_in_parent(e, thread);

	if (owner == SIZE_MAX || !s)
		return;
	explain_set_owner(e, thread, owner);
	explain_see_forking_thread(e, thread, s);
	if (e->threads[thread].owner_is != OWNER_BEFORE_FORK)
		explain_set_owner(e, thread, thread);
}

/* What a coroutine waits for is held by other coroutines, not by threads. */
static enum explain_primitive language_primitive(const struct explanation *e, size_t thread)
{
	enum language_wait wait = e->threads[thread].language.wait;

	if (e->s->threads[thread].wait == WAIT_POLL)
		return PRIMITIVE_LANGUAGE_EVENT;
	if (wait == LANGUAGE_WAIT_JOIN)
		return PRIMITIVE_JOIN;
	return language_wait_is_lock(wait) ? PRIMITIVE_LANGUAGE_LOCK : PRIMITIVE_LANGUAGE_EVENT;
}

/* The word that the thread waits on is the interpreter's business; this is the user's. */
static void gather_language_wait(struct explanation *e, size_t thread)
{
	struct explain_thread *t = &e->threads[thread];
	size_t owner;

	if (t->language.wait == LANGUAGE_WAIT_NONE)
		return;
	if (!explain_is_futex(&e->s->threads[thread]) && e->s->threads[thread].wait != WAIT_POLL)
		return;
	t->lock = (struct explain_lock){ .primitive = language_primitive(e, thread) };
	if (t->language.address)
		t->lock_address = t->language.address;
	free(t->lock_name);
	t->lock_name = t->language.wait == LANGUAGE_WAIT_JOIN && !t->language.name
			       ? mem_strdup("the end of its threads")
			       : mem_printf("%s%s%s", language_wait_name(t->language.wait),
					 t->language.name ? " " : "",
					 t->language.name ? t->language.name : "");
	t->lock_has_symbol = t->language.name != NULL;
	t->owner_is = OWNER_UNKNOWN;
	t->owner_tid = 0;
	t->owner = SIZE_MAX;
	if (t->lock.primitive == PRIMITIVE_LANGUAGE_EVENT)
		return;
	owner = find_language_owner(e, thread);
	if (owner != SIZE_MAX)
		explain_set_owner(e, thread, owner);
	if (owner == thread)
		see_owner_at_fork(e, thread);
}

/* --- the whole snapshot --- */

static char *name_signal_wait(const struct explain_thread *t, struct symbols *s)
{
	cleanup(cleanup_free) char *taker = s ? explain_find_taker(s, &t->stack) : NULL;

	return taker ? mem_printf("a signal (awaited in %s)", taker) : mem_strdup("a signal");
}

static void gather_thread(struct explanation *e, size_t thread)
{
	const struct thread *th = &e->s->threads[thread];
	struct explain_thread *t = &e->threads[thread];
	struct symbols *s;

	t->wanted = true;
	if (e->with_stacks) {
		take_language_stack(e, thread);
		take_stack(e, thread);
	}
	s = readers_symbols(e->readers, th->process);
	if (explain_is_futex(th) && s)
		explain_read_futex(e, thread, s);
	gather_language_wait(e, thread);
	if (s)
		explain_see_forking_thread(e, thread, s);
	if (e->with_stacks && (!th->n_objects || th->wait == WAIT_FIFO_OPEN))
		t->unrest = blocked_read(e->s, thread, readers_symbols(e->readers, th->process));
	if (th->wait == WAIT_SIGNAL)
		t->lock_name = name_signal_wait(t, readers_symbols(e->readers, th->process));
}

/* "tail -f x (pid 12, outside this tree)": who beyond the tree has the object open. */
static char *name_stranger(const struct object *o)
{
	cleanup(cleanup_free) char *command = NULL;
	int pid;

	if (!o->external || sscanf(o->external_why, "held by pid %d", &pid) != 1)
		return NULL;
	command = program_read(pid);
	return command ? mem_printf("%s (pid %d, outside this tree)", command, pid) : NULL;
}

static void guess_owners(struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		struct symbols *s = e->threads[i].wanted
					    ? readers_symbols(e->readers, e->s->threads[i].process)
					    : NULL;

		if (s)
			explain_guess_owner(e, i, s);
	}
}

/* One process after the other: few of them are open at a time. */
static void gather_process(struct explanation *e, size_t process, bool all)
{
	const struct process *p = &e->s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (all || e->threads[i].stuck)
			gather_thread(e, i);
	guess_owners(e, p);
	explain_name_locals(e, p);
	if (all && e->with_stacks && p->n_threads)
		language_read_tasks(readers_language(e->readers, process), &e->tasks[process].tasks,
			&e->tasks[process].n);
}

/* The threads of stuck processes that are not stuck: where they are now tells why they don't
 * unlock. */
static void gather_owners(struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_threads; i++) {
		size_t owner = e->threads[i].owner;

		if (owner != SIZE_MAX && !e->threads[owner].wanted)
			gather_thread(e, owner);
	}
}

int explain_gather(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	bool with_stacks, bool all, struct explanation *ret_explanation)
{
	struct explanation e = { .s = s,
		.p = p,
		.stacks = stacks,
		.with_stacks = with_stacks,
		.class = CLASS_NONE,
		.leaf = SIZE_MAX };
	bool readable;

	e.threads = mem_alloc(s->n_threads * sizeof(*e.threads));
	e.readers = readers_new(s, stacks == EXPLAIN_ATTACH);
	e.tasks = mem_alloc(s->n_processes * sizeof(*e.tasks));
	e.local_tid = mem_alloc(s->n_threads * sizeof(*e.local_tid));
	e.commands = mem_alloc(s->n_processes * sizeof(char *));
	e.strangers = mem_alloc(s->n_objects * sizeof(char *));
	e.had_threads = mem_alloc(s->n_processes * sizeof(bool));
	e.forked = mem_alloc(s->n_processes * sizeof(bool));
	for (size_t i = 0; i < s->n_threads; i++) {
		e.threads[i].owner = SIZE_MAX;
		e.threads[i].go = GO_WAIT_NONE;
		e.threads[i].cause = i;
		e.threads[i].stuck = p->stuck[i];
	}
	read_local_tids(&e);
	for (size_t i = 0; i < s->n_processes; i++) {
		e.had_threads[i] = had_more_threads(s, &s->processes[i]);
		e.forked[i] = is_forked(s, &s->processes[i]);
		if (with_stacks)
			e.commands[i] = program_read(s->processes[i].pid);
	}
	for (size_t i = 0; with_stacks && i < s->n_objects; i++)
		e.strangers[i] = name_stranger(&s->objects[i]);
	if (with_stacks && all && !p->n_stuck)
		explain_find_strangers(&e);
	for (size_t i = 0; i < s->n_processes; i++)
		gather_process(&e, i, all);
	gather_owners(&e);
	readable = readers_any_readable(e.readers) || !s->n_processes;
	/* Nothing that comes after reads anything. */
	readers_free(e.readers);
	e.readers = NULL;
	if (!readable) {
		explanation_done(&e);
		return -ESRCH;
	}
	*ret_explanation = e;
	return 0;
}

void explanation_done(struct explanation *e)
{
	if (!e->s)
		return;
	for (size_t i = 0; i < e->s->n_threads; i++) {
		free(e->threads[i].lock_name);
		free(e->threads[i].unrest);
		unwind_stack_done(&e->threads[i].stack);
		language_stack_done(&e->threads[i].language);
	}
	for (size_t i = 0; i < e->s->n_processes; i++) {
		free(e->commands[i]);
		language_tasks_done(e->tasks[i].tasks, e->tasks[i].n);
	}
	for (size_t i = 0; i < e->s->n_objects; i++)
		free(e->strangers[i]);
	free(e->threads);
	readers_free(e->readers);
	free(e->tasks);
	free(e->local_tid);
	free(e->commands);
	free(e->strangers);
	free(e->had_threads);
	free(e->forked);
	free(e->waits_for);
	*e = (struct explanation){ 0 };
}
