/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goroutines in the headline: a runtime that lives proves nothing, and its goroutines may be stuck
 * all the same. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <sys/syscall.h>

/* For a lock, a channel, a group: for another goroutine. */
static bool waits_for_another(const struct language_task *t)
{
	return t->stack.wait != LANGUAGE_WAIT_NONE;
}

/* Locks are held for a short time, so this is worth telling even where others live. A channel may
 * wait for as long as it likes, unless nobody is left to serve it. */
static bool is_telling(const struct language_task *t, bool all)
{
	return all ? waits_for_another(t) : language_wait_is_lock(t->stack.wait);
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

static char *list(const struct explain_tasks *tasks, bool all)
{
	enum { SHOWN = 4 };
	char *text = NULL;
	size_t shown = 0;

	for (size_t i = 0; i < tasks->n && shown < SHOWN; i++) {
		cleanup(cleanup_free) char *before = text;

		if (!is_telling(&tasks->tasks[i], all)) {
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
static bool is_own_of_jvm(const char *comm)
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

static bool is_jvm(const struct explanation *e, const struct process *p)
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

		if (t->syscall_nr != SYS_futex || is_own_of_jvm(t->comm) || n++ >= SHOWN)
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

	if (!t || t->syscall_nr != SYS_futex || !is_jvm(e, &e->s->processes[t->process]))
		return NULL;
	return java_threads(e, &e->s->processes[t->process]);
}

char *explain_waiting_tasks(const struct explanation *e)
{
	for (size_t i = 0; i < e->s->n_processes; i++) {
		bool all = all_wait(e, i);
		cleanup(cleanup_free) char *text = list(&e->tasks[i], all);

		/* In a copy that fork() made the runtime is what is stuck. */
		if (text && !explain_is_lone_copy(e, e->s->processes[i].first_thread))
			return mem_printf("not provable, %s: %s",
				all ? "stuck goroutines" : "goroutines that wait for a lock", text);
	}
	return java_clause(e, explain_find_first(e));
}
