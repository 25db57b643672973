/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goroutines in the headline: a runtime that lives proves nothing, and its goroutines may be stuck
 * all the same. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <sys/syscall.h>

/* For a lock, a channel, a group: for another goroutine. */
static bool waits_for_another(const struct language_task *t)
{
	return t->stack.wait != LANGUAGE_WAIT_NONE && t->stack.wait != LANGUAGE_WAIT_IO;
}

/* Which goroutines of a process are worth telling. */
enum told {
	TOLD_ALL,   /* every one waits for another: none is left to serve them */
	TOLD_LOCKS, /* locks are held for a short time, so a wait for one tells even where others
		     * live
		     */
	TOLD_WAITS, /* where nothing else explains the tree: those in the user's own code */
};

static bool is_telling(const struct language_task *t, enum told told)
{
	switch (told) {
	case TOLD_ALL:
		return waits_for_another(t);
	case TOLD_LOCKS:
		return language_wait_is_lock(t->stack.wait);
	case TOLD_WAITS:
		break;
	}
	return waits_for_another(t) && language_where(&t->stack);
}

/* A thread that is not parked in the runtime may wake a goroutine: one of C, one in a system call,
 * one that sleeps until a timer runs out. The runtime's monitor always sleeps so. */
static bool has_other_threads(const struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		enum explain_go_wait go = e->threads[i].go;

		if (go == GO_WAIT_NONE ||
			(e->s->threads[i].rest == REST_TIMED && go != GO_WAIT_MONITOR))
			return true;
	}
	return false;
}

static bool all_wait(const struct explanation *e, size_t process)
{
	const struct explain_tasks *tasks = &e->tasks[process];

	for (size_t i = 0; i < tasks->n; i++)
		if (!waits_for_another(&tasks->tasks[i]))
			return false;
	return tasks->n > 0 && !has_other_threads(e, &e->s->processes[process]);
}

static char *list(const struct explain_tasks *tasks, enum told told)
{
	enum { SHOWN = 4 };
	char *text = NULL;
	size_t shown = 0;

	for (size_t i = 0; i < tasks->n && shown < SHOWN; i++) {
		cleanup(cleanup_free) char *before = text;

		if (!is_telling(&tasks->tasks[i], told)) {
			before = NULL;
			continue;
		}
		text = mem_printf("%s%s%s", before ? before : "", before ? "; " : "",
			tasks->tasks[i].description);
		shown++;
	}
	return text;
}

/* --- Java --- */

/* The JVM names its threads to the kernel as Java does, cut to 15 bytes; these are its own. */
bool java_is_own(const char *comm)
{
	static const char *const names[] = { "java", "VM Thread", "VM Periodic Tas", "G1 ",
		"GC Thread", "C1 CompilerThre", "C2 CompilerThre", "Reference Handl", "Finalizer",
		"Signal Dispatch", "Service Thread", "Monitor Deflati", "Notification Th",
		"Common-Cleaner", "Sweeper thread", "DestroyJavaVM", "ZGC", "Shenandoah",
		"process reaper" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(comm, names[i], strlen(names[i])))
			return true;
	return false;
}

bool java_is_jvm(const struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (!strcmp(e->s->threads[i].comm, "VM Periodic Tas"))
			return true;
	return false;
}

/* The locks of Java are the JVM's business, and jstack asks it. */
static char *java_threads(const struct explanation *e, const struct process *p)
{
	enum { SHOWN = 4 };
	char *names = NULL, *text;
	size_t n = 0;

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];
		cleanup(cleanup_free) char *before = NULL;

		if (t->syscall_nr != SYS_futex || java_is_own(t->comm) || n++ >= SHOWN)
			continue;
		before = names;
		names = mem_printf("%s%s\"%s\"", before ? before : "", before ? ", " : "", t->comm);
	}
	if (!names)
		return NULL;
	if (n > SHOWN) {
		cleanup(cleanup_free) char *before = names;

		names = mem_printf("%s and %zu more", before, n - SHOWN);
	}
	text = mem_printf("not provable: Java threads %s wait; `jstack %d` tells for what", names,
		(int)p->pid);
	free(names);
	return text;
}

/* first: of the threads that tell most; a full pipe says more than that threads wait. */
static char *java_clause(const struct explanation *e, size_t first)
{
	const struct thread *t = first == SIZE_MAX ? NULL : &e->s->threads[first];

	if (!t || t->syscall_nr != SYS_futex || !java_is_jvm(e, &e->s->processes[t->process]))
		return NULL;
	return java_threads(e, &e->s->processes[t->process]);
}

/* A wait of the runtime itself (parked, polling) says nothing that its goroutines do not say
 * better.
 */
static bool is_runtime_wait(const struct explanation *e, size_t first)
{
	const struct thread *t = first == SIZE_MAX ? NULL : &e->s->threads[first];

	if (!t)
		return true;
	return e->tasks[t->process].n && !language_where(&e->threads[first].language) &&
	       (t->wait == WAIT_POLL || explain_is_asleep(t) ||
		       (explain_is_futex(t) &&
			       !explain_primitive_is_lock(e->threads[first].lock.primitive)));
}

/* "; NAME polls an empty pipe, held open by sleep 9": what a goroutine in an IO wait reads from is
 * known to the thread that polls for all of them. "" none that a process beyond the tree has. */
static char *poller_clause(const struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++) {
		const struct thread *t = &e->s->threads[i];

		for (size_t k = 0; t->wait == WAIT_POLL && k < t->n_objects; k++) {
			cleanup(cleanup_free) char *sentence = NULL;

			if (!e->strangers || !e->strangers[t->objects[k]])
				continue;
			sentence = explain_sentence(e, i);
			return mem_printf("; %s", sentence);
		}
	}
	return mem_strdup("");
}

static char *tell_tasks(const struct explanation *e, size_t process, enum told told)
{
	static const char *const verbs[] = { [TOLD_ALL] = "wait for each other",
		[TOLD_LOCKS] = "wait for a lock",
		[TOLD_WAITS] = "wait" };
	const struct process *p = &e->s->processes[process];
	cleanup(cleanup_free) char *text = list(&e->tasks[process], told), *name = NULL,
				   *more = NULL;

	/* In a copy that fork() made the runtime is what is stuck. */
	if (!text || explain_is_lone_copy(e, p->first_thread))
		return NULL;
	name = explain_process(e, process);
	more = poller_clause(e, p);
	return mem_printf("not provable, goroutines of %s %s: %s%s", name, verbs[told], text, more);
}

char *explain_waiting_tasks(const struct explanation *e)
{
	size_t first = explain_find_first(e);

	for (size_t i = 0; i < e->s->n_processes; i++) {
		char *text = tell_tasks(e, i, all_wait(e, i) ? TOLD_ALL : TOLD_LOCKS);

		if (text)
			return text;
	}
	for (size_t i = 0; i < e->s->n_processes && is_runtime_wait(e, first); i++) {
		char *text = tell_tasks(e, i, TOLD_WAITS);

		if (text)
			return text;
	}
	return java_clause(e, first);
}
