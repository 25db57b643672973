/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking all processes of a stuck set. */
#include "runner/trial/ask.h"

#include <stdio.h>

static bool is_any_stuck(const struct snapshot *s, const struct proof *p, size_t process)
{
	const struct process *q = &s->processes[process];

	for (size_t t = q->first_thread; t < q->first_thread + q->n_threads; t++)
		if (p->stuck[t])
			return true;
	return false;
}

bool ask_stuck_set(struct ask *a, const struct snapshot *s, const struct proof *p, bool *ret_armed)
{
	*ret_armed = false;
	a->stuck = p->stuck;
	for (size_t i = 0; i < s->n_processes; i++) {
		enum ask_answer answer;

		if (!is_any_stuck(s, p, i))
			continue;
		answer = s->processes[i].timer_unless[0] ? ask_timers(a, s, i) : ask_rings(a, s, i);
		*ret_armed = answer == ASK_ARMED;
		if (answer != ASK_NONE_ARMED)
			return false;
	}
	return true;
}

static void add_condition(struct snapshot *s, size_t process)
{
	const struct process *p = &s->processes[process];

	for (size_t t = p->first_thread; t < p->first_thread + p->n_threads; t++)
		if (!s->threads[t].unless[0])
			snprintf(s->threads[t].unless, sizeof(s->threads[t].unless),
				"process %d has an io_uring that does not show, and it acts",
				(int)p->pid);
}

typedef enum ask_answer (*ask_fn)(struct ask *a, const struct snapshot *s, size_t process);

static enum ask_answer ask_each(
	struct ask *a, struct snapshot *s, const struct proof *p, ask_fn ask)
{
	enum ask_answer all = ASK_NONE_ARMED;

	a->stuck = p->stuck;
	for (size_t i = 0; i < s->n_processes && all != ASK_ARMED; i++) {
		enum ask_answer answer = is_any_stuck(s, p, i) ? ask(a, s, i) : ASK_NONE_ARMED;

		if (answer == ASK_FAILED)
			add_condition(s, i);
		if (answer == ASK_ARMED || answer == ASK_FAILED)
			all = answer;
	}
	return all;
}

enum ask_answer ask_stuck_rings(struct ask *a, struct snapshot *s, const struct proof *p)
{
	return ask_each(a, s, p, ask_rings);
}

enum ask_answer ask_stuck_timers(struct ask *a, struct snapshot *s, const struct proof *p)
{
	return ask_each(a, s, p, ask_timers);
}
