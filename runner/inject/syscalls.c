/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/syscalls.c: the engine that holds system calls from outside. A seccomp filter tells us of
 * the calls that were asked for, and of no other; the answer is always "go on", at once or when a
 * timer says so. Whatever the target is made of, it makes system calls: static, musl and Go
 * programs are reached as well, and so is all that they fork or execute.
 *
 * The trial's processes are dead when it is finished, so no thread is left in a notification when
 * the listener is closed.
 */
#include "runner/inject/engine.h"
#include "runner/inject/listen.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

#include <errno.h>
#include <sys/syscall.h>

#define MAX_CALL 1024 /* numbers of system calls are below */

struct syscalls {
	struct inject_rule *rules; /* names are not ours */
	size_t n_rules, cap_rules;
	uint16_t rule_of[MAX_CALL]; /* index + 1; 0: not asked for */
	bool null;
	bool needs_fork;
	struct filter_cache filters;
};

struct syscalls_trial {
	const struct syscalls *cell;
	uint64_t seed;
	struct listen *listen;
	uint64_t *count; /* passages, one a rule */
	uint64_t passed;
};

/* --- cells --- */

static bool syscalls_wanted(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_SYSCALL || spec->rules[i].where == INJECT_CLASS)
			return true;
	return false;
}

static void ask_for(struct syscalls *s, const char *call, size_t rule)
{
	static const int early[] = { SYS_execve, SYS_execveat, SYS_exit, SYS_exit_group };
	int nr = inject_call_number(call);

	if (nr < 0 || nr >= MAX_CALL)
		return;
	if (!s->rule_of[nr])
		filter_cache_ask(&s->filters, nr);
	s->rule_of[nr] = (uint16_t)(rule + 1);
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		if (nr == early[i])
			s->needs_fork = true;
}

/* A class first, so that a call named by itself keeps its own delay. */
static void ask_for_rules(struct syscalls *s, const struct inject_spec *spec, enum inject_where w)
{
	for (size_t i = 0; i < spec->n_rules; i++) {
		const struct inject_rule *r = &spec->rules[i];
		const char *const *call;

		if (r->where != w)
			continue;
		s->rules = mem_grow(s->rules, s->n_rules, &s->cap_rules, sizeof(*s->rules));
		s->rules[s->n_rules] = *r;
		if (w == INJECT_SYSCALL)
			ask_for(s, r->name, s->n_rules);
		else
			for (call = inject_class_calls(r->name); *call; call++)
				ask_for(s, *call, s->n_rules);
		s->n_rules++;
	}
}

static int syscalls_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	struct syscalls *s;
	int r = inject_filter_probe();

	if (r < 0) {
		*ret_why = mem_printf("seccomp notification is refused here: %s%s", strerror(-r),
			r == -EBUSY ? " (another supervisor listens already)" : "");
		return 1;
	}
	s = mem_alloc(sizeof(*s));
	s->null = cell->arm == ARM_NULL;
	ask_for_rules(s, cell->spec, INJECT_CLASS);
	ask_for_rules(s, cell->spec, INJECT_SYSCALL);
	*ret_state = s;
	return 0;
}

static void syscalls_cell_free(void *state)
{
	struct syscalls *s = state;

	filter_cache_done(&s->filters);
	free(s->rules);
	free(s);
}

/* --- one trial --- */

static int64_t on_call(void *arg, const struct seccomp_notif *n, int64_t now_ns)
{
	struct syscalls_trial *t = arg;
	unsigned int nr = (unsigned int)n->data.nr;
	size_t rule;
	uint64_t ns = 0;

	if (n->data.arch != ARCH_AUDIT || nr >= MAX_CALL || !t->cell->rule_of[nr])
		return 0;
	rule = t->cell->rule_of[nr] - 1u;
	t->passed++;
	t->count[rule]++;
	if (!t->cell->null)
		ns = inject_rule_draw_ns(&t->cell->rules[rule], t->seed, rule, t->count[rule]);
	return ns ? now_ns + (int64_t)ns : 0;
}

static int syscalls_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct syscalls *s = state;
	struct syscalls_trial *t = mem_alloc(sizeof(*t));
	struct listen_user user = { .on_call = on_call, .arg = t };
	int r;

	(void)counters;
	(void)env;
	t->cell = s;
	t->seed = seed;
	t->count = mem_alloc(s->n_rules * sizeof(*t->count));
	r = listen_new(&s->filters, &user, &t->listen);
	if (r < 0) {
		free(t->count);
		free(t);
		return r;
	}
	*ret_trial = t;
	return 0;
}

static void syscalls_child(const void *trial, struct inject_child *c)
{
	const struct syscalls_trial *t = trial;

	listen_child(t->listen, c);
	c->needs_fork |= t->cell->needs_fork;
}

static int syscalls_attach(void *trial, pid_t pid)
{
	struct syscalls_trial *t = trial;

	(void)pid;
	return listen_attach(t->listen);
}

static int syscalls_on_event(void *trial)
{
	struct syscalls_trial *t = trial;

	return listen_on_event(t->listen);
}

static size_t syscalls_pending(void *trial, const pid_t **ret_tids)
{
	struct syscalls_trial *t = trial;

	return listen_pending(t->listen, ret_tids);
}

static bool syscalls_finish(void *trial, bool hung, struct record_counters *counters)
{
	struct syscalls_trial *t = trial;
	/* A trial may be over before the loop has seen its first event. */
	bool there = listen_arrived(t->listen);
	uint64_t held, ns;

	(void)hung;
	listen_totals(t->listen, &held, &ns);
	if (counters) {
		counters->armed += there ? t->cell->n_rules : 0;
		counters->passed += t->passed;
		counters->fired += held;
		counters->delay_ns += ns;
	}
	listen_free(t->listen);
	free(t->count);
	free(t);
	return there;
}

const struct inject_engine inject_engine_syscalls = {
	.name = "syscalls",
	.bit = HANGRATE_ENGINE_SYSCALLS,
	.wanted = syscalls_wanted,
	.cell_new = syscalls_cell_new,
	.cell_free = syscalls_cell_free,
	.trial_new = syscalls_trial_new,
	.child = syscalls_child,
	.attach = syscalls_attach,
	.on_event = syscalls_on_event,
	.pending = syscalls_pending,
	.finish = syscalls_finish,
};
