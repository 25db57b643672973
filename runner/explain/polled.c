/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The goroutines in an IO wait: the runtime polls their descriptors, by a thread that has no line
 * of the program. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

bool explain_is_poller(const struct explanation *e, size_t thread)
{
	const struct thread *t = &e->s->threads[thread];

	return t->wait == WAIT_POLL && e->tasks[t->process].n &&
	       !language_where(&e->threads[thread].language);
}

char *explain_polling_tasks(const struct explanation *e, size_t thread)
{
	enum { SHOWN = 4 };
	const struct explain_tasks *tasks = &e->tasks[e->s->threads[thread].process];
	char *text = NULL;
	size_t shown = 0;

	if (!explain_is_poller(e, thread))
		return NULL;
	for (size_t i = 0; i < tasks->n && shown < SHOWN; i++) {
		const struct language_task *t = &tasks->tasks[i];
		char *before = text;

		if (t->stack.wait != LANGUAGE_WAIT_IO || !language_where(&t->stack))
			continue;
		text = mem_printf(
			"%s%s%s", before ? before : "", before ? "; " : "", t->description);
		free(before);
		shown++;
	}
	return text;
}
