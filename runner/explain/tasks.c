/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Goroutines in the headline: a runtime that lives proves nothing, and its goroutines may be stuck
 * all the same. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

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

/* A timer of the program's is a thread that sleeps with a time limit; the runtime's monitor always
 * does. */
static bool has_timer(const struct explanation *e, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (e->s->threads[i].rest == REST_TIMED && e->threads[i].go != GO_WAIT_MONITOR)
			return true;
	return false;
}

static bool all_wait(const struct explanation *e, size_t process)
{
	const struct explain_tasks *tasks = &e->tasks[process];

	for (size_t i = 0; i < tasks->n; i++)
		if (!waits_for_another(&tasks->tasks[i]))
			return false;
	return tasks->n > 0 && !has_timer(e, &e->s->processes[process]);
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
	return NULL;
}
