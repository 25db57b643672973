/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a tree that has done nothing for a while still go on by itself? */
#include "runner/guard/guard.h"

#include "runner/explain/explain.h"
#include "runner/base/printable.h"
#include "runner/base/util.h"

#include <signal.h>

/* Who polls is mostly asleep, and tells what it waits for only then. */
#define TRIES 5

static char *name_thread(const struct snapshot *s, size_t thread, const char *what)
{
	const struct thread *t = &s->threads[thread];
	cleanup(cleanup_free) char *comm = printable_copy(t->comm, strlen(t->comm));

	return mem_printf("%s (pid %d) %s", comm, (int)s->processes[t->process].pid, what);
}

/* Those that can be asked without any change: they sleep, and begin to wait anew. */
static bool *find_askable(const struct snapshot *s)
{
	bool *askable = mem_alloc(s->n_threads * sizeof(*askable));

	for (size_t i = 0; i < s->n_threads; i++)
		askable[i] = s->threads[i].rest == REST_YES;
	return askable;
}

/* Of one that cannot be asked. */
static bool knows_timers(const struct process *p)
{
	return p->posix_timers || (p->caught >> (SIGALRM - 1) & 1);
}

/* /proc does not say whose alarm is set, so those that may have one are asked. */
static char *find_timer(const struct snapshot *s)
{
	cleanup(cleanup_free) bool *askable = find_askable(s);
	struct ask a = { .mode = ASK_LET_GO, .stuck = askable };
	char *reason = NULL;

	for (size_t i = 0; i < s->n_processes && !reason; i++) {
		const struct process *p = &s->processes[i];
		enum ask_answer answer;

		if (!p->timer_unless[0])
			continue;
		answer = ask_timers(&a, s, i);
		if (answer == ASK_ARMED)
			reason = name_thread(s, p->first_thread, "has a timer set");
		else if (answer != ASK_NONE_ARMED && knows_timers(p))
			reason = name_thread(s, p->first_thread, "may have a timer set");
	}
	ask_done(&a, false);
	return reason;
}

static char *find_finite_wait(const struct prove_result *r)
{
	struct explanation *e;
	char *reason = NULL;

	if (explain_tree(&r->s, &r->p, EXPLAIN_READ_ONLY, &e) < 0)
		return mem_strdup("it cannot be looked at");
	for (size_t i = 0; i < r->s.n_threads && !reason; i++) {
		const char *what = explain_finite(e, i);

		reason = what ? name_thread(&r->s, i, what) : NULL;
	}
	explanation_free(e);
	return reason;
}

char *guard_stall_reason(struct guard_watch *w)
{
	struct prove_result r;
	char *reason;

	if (guard_watch_prove(w, TRIES, GUARD_USE_REPORT, &r) < 0)
		return mem_strdup("it cannot be looked at");
	reason = find_finite_wait(&r);
	if (!reason)
		reason = find_timer(&r.s);
	prove_result_done(&r);
	return reason;
}
