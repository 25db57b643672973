/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject.c: names resolved, engines chosen, one trial passed through all of them. */
#include "runner/inject/inject.h"

#include "runner/inject/cell.h"
#include "runner/base/hash.h"
#include "runner/inject/filter.h"
#include "runner/inject/order.h"
#include "runner/base/util.h"

#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static const struct inject_engine *const engines[] = {
	&inject_engine_points,
	&inject_engine_preload,
	&inject_engine_syscalls,
	&inject_engine_trap,
	&inject_engine_order,
	&inject_engine_schedule,
	&inject_engine_wake,
	&inject_engine_profile,
};
#define N_ENGINES ARRAY_SIZE(engines)
_Static_assert(N_ENGINES <= INJECT_MAX_ENGINES, "a cell has a state for each");

static bool engine_used(const struct inject *i, size_t e)
{
	return i->bits & engines[e]->bit;
}

void *inject_state_of(const struct inject *i, const struct inject_engine *engine)
{
	for (size_t e = 0; e < N_ENGINES; e++)
		if (engines[e] == engine && engine_used(i, e))
			return i->state[e];
	return NULL;
}

/* --- cells --- */

static void add_line(char **line, const char *engine, const char *what)
{
	char *longer =
		mem_printf("%s%s%s: %s", *line ? *line : "", *line ? "; " : "", engine, what);

	free(*line);
	*line = longer;
}

static int start_engines(struct inject *i, char **ret_error)
{
	struct inject_cell cell = { .spec = &i->spec, .program = &i->program, .arm = i->arm };

	for (size_t e = 0; e < N_ENGINES; e++) {
		char *why cleanup(cleanup_free) = NULL;
		int r;

		if (i->arm == ARM_BARE || !engines[e]->wanted(&i->spec))
			continue;
		r = engines[e]->cell_new(&cell, &i->state[e], &why);
		if (r < 0) {
			*ret_error = mem_printf("%s: %s", engines[e]->name, strerror(-r));
			return r;
		}
		if (r > 0)
			add_line(&i->left_out, engines[e]->name, why);
		else
			i->bits |= engines[e]->bit;
	}
	return 0;
}

static void name_memory(struct inject_program *p, const char *command)
{
	if (command && p->build_id[0])
		snprintf(p->memory, sizeof(p->memory), "%s-%016" PRIx64, p->build_id,
			hash_string(HASH_START, command));
	else
		snprintf(p->memory, sizeof(p->memory), "%s", p->build_id);
}

int inject_new(const struct inject_spec *spec, const struct inject_target *target, enum arm arm,
	struct inject **ret_inject, char **ret_error)
{
	struct inject *i = mem_alloc(sizeof(*i));
	int r;

	i->arm = arm;
	inject_spec_copy(spec, &i->spec);
	r = inject_program_read(target->exe, &i->program);
	if (r < 0) {
		*ret_error = mem_printf("'%s': %s", target->exe, strerror(-r));
		/* A target of another kind can still be run bare, and its calls can be held. */
		if (r == -ENOEXEC) {
			free(*ret_error);
			*ret_error = NULL;
			i->program.exe = mem_strdup(target->exe);
			i->program.libc = INJECT_LIBC_OTHER;
			r = 0;
		}
	}
	if (r == 0)
		name_memory(&i->program, target->command);
	if (r == 0)
		r = inject_spec_resolve(&i->spec, target, &i->program, ret_error);
	if (r == 0 && inject_spec_is_auto(&i->spec) && arm != ARM_BARE)
		candidates_start(i, target);
	else if (r == 0)
		r = start_engines(i, ret_error);
	if (r < 0) {
		inject_free(i);
		return r;
	}
	*ret_inject = i;
	return 0;
}

void inject_free(struct inject *i)
{
	if (!i)
		return;
	for (size_t e = 0; e < N_ENGINES; e++)
		if (i->state[e])
			engines[e]->cell_free(i->state[e]);
	candidates_free(i);
	inject_spec_done(&i->spec);
	inject_program_done(&i->program);
	free(i->left_out);
	free(i->note);
	free(i);
}

unsigned int inject_engines(const struct inject *i)
{
	unsigned int bits = i->bits;

	for (size_t n = 0; n < i->n_candidates; n++)
		bits |= i->candidates[n]->bits;
	return bits;
}

bool inject_left_out(const struct inject *i)
{
	if (i->chooser)
		return false;
	for (size_t e = 0; e < N_ENGINES; e++)
		if (engine_used(i, e) && i->totals[e].trials && !i->totals[e].loaded)
			return true;
	return i->left_out;
}

const struct order_found *inject_order_found(const struct inject *i)
{
	for (size_t e = 0; e < N_ENGINES; e++)
		if (engines[e] == &inject_engine_order && engine_used(i, e))
			return order_found_of(i->state[e]);
	return NULL;
}

const char *inject_note(struct inject *i)
{
	free(i->note);
	/* In the null arm nothing is delayed, so nothing is found. */
	i->note = !i->chooser              ? mem_strdup(i->left_out)
		  : i->arm == ARM_INJECTED ? inject_auto_note(i->chooser)
					   : NULL;
	for (size_t e = 0; e < N_ENGINES; e++) {
		const struct inject_totals *t = &i->totals[e];
		char *limit cleanup(cleanup_free) = engine_used(i, e) && engines[e]->note
							    ? engines[e]->note(i->state[e])
							    : NULL;
		char *what cleanup(cleanup_free) = NULL;

		if (limit)
			add_line(&i->note, engines[e]->name, limit);
		if (t->trials && !t->loaded)
			what = mem_printf("never loaded in %" PRIu64 " trials", t->trials);
		else if (t->trials && !t->fired && i->arm == ARM_INJECTED)
			what = mem_printf("fired nothing in %" PRIu64 " trials", t->trials);
		if (what)
			add_line(&i->note, engines[e]->name, what);
	}
	return i->note;
}

/* --- trials --- */

static int counters_open(struct inject_trial *t)
{
	char fd[16];

	t->page_fd = inject_fd_high(memfd_create("hangrate-counters", MFD_CLOEXEC));
	if (t->page_fd < 0 || ftruncate(t->page_fd, HANGRATE_COUNTERS_SIZE) < 0)
		return -errno;
	t->page = mmap(
		NULL, HANGRATE_COUNTERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, t->page_fd, 0);
	if (t->page == MAP_FAILED) {
		t->page = NULL;
		return -errno;
	}
	t->page->magic = HANGRATE_COUNTERS_MAGIC;
	snprintf(fd, sizeof(fd), "%d", t->page_fd);
	inject_env_add(&t->env, HANGRATE_ENV_COUNTERS, fd);
	return 0;
}

/* The one that a rule names, or the trial's own. */
static uint64_t seed_of(const struct inject_spec *spec, uint64_t own)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].has_seed)
			return spec->rules[i].seed;
	return own;
}

int inject_trial_new(struct inject *i, uint64_t seed, struct inject_trial **ret_trial)
{
	struct inject_trial *t;
	char number[32];
	int r = 0;

	if (i->chooser)
		return candidates_trial_new(i, seed, ret_trial);
	seed = seed_of(&i->spec, seed);
	t = mem_alloc(sizeof(*t));
	t->inject = i;
	t->seed = seed;
	t->page_fd = -1;
	snprintf(number, sizeof(number), "%" PRIu64, seed);
	inject_env_add(&t->env, HANGRATE_ENV_SEED, number);
	if (i->bits)
		r = counters_open(t);
	for (size_t e = 0; e < N_ENGINES && r == 0; e++)
		if (engine_used(i, e))
			r = engines[e]->trial_new(
				i->state[e], seed, t->page, &t->env, &t->state[e]);
	if (r < 0) {
		inject_trial_finish(t, 0, NULL);
		return r;
	}
	*ret_trial = t;
	return 0;
}

char *const *inject_trial_environ(const struct inject_trial *t)
{
	return t->env.strings;
}

void inject_trial_child(const struct inject_trial *t, struct inject_child *ret_child)
{
	struct inject_child *c = ret_child;

	*c = (struct inject_child){ .handover = -1 };
	if (t->page_fd >= 0)
		c->fds[c->n_fds++] = t->page_fd;
	for (size_t e = 0; e < N_ENGINES; e++)
		if (t->state[e] && engines[e]->child)
			engines[e]->child(t->state[e], c);
}

unsigned int inject_trial_filters(const struct inject_trial *t, const long *calls, size_t n_calls)
{
	struct inject_child c = { .handover = -1 };

	if (t)
		inject_trial_child(t, &c);
	for (size_t i = 0; i < n_calls && c.handover >= 0; i++)
		if (inject_filter_names(&c.program, calls[i]))
			return UINT_MAX;
	return c.handover >= 0;
}

int inject_child_enter(const struct inject_child *c)
{
	for (size_t i = 0; i < c->n_fds; i++)
		if (syscall(SYS_fcntl, c->fds[i], F_SETFD, 0) < 0)
			return -errno;
	/* Last, for from then on a call may be held. */
	return c->handover < 0 ? 0 : inject_filter_install(&c->program, c->handover);
}

int inject_trial_attach(struct inject_trial *t, pid_t pid)
{
	int fd = -1;

	/* At most one listens: the kernel allows no more. */
	for (size_t e = 0; e < N_ENGINES && fd < 0; e++)
		if (t->state[e] && engines[e]->attach)
			fd = engines[e]->attach(t->state[e], pid);
	return fd;
}

int inject_trial_on_event(struct inject_trial *t)
{
	int r = 0;

	for (size_t e = 0; e < N_ENGINES && r == 0; e++)
		if (t->state[e] && engines[e]->on_event)
			r = engines[e]->on_event(t->state[e]);
	return r;
}

size_t inject_trial_pending(struct inject_trial *t, const pid_t **ret_tids)
{
	size_t n = 0;

	for (size_t e = 0; e < N_ENGINES && n == 0; e++)
		if (t->state[e] && engines[e]->pending)
			n = engines[e]->pending(t->state[e], ret_tids);
	return n;
}

/* Counts what engine e did; false: it was not there. */
static bool finish_engine(
	struct inject_trial *t, size_t e, bool hung, struct record_counters *counters)
{
	struct inject_totals *totals = &t->inject->totals[e];
	uint64_t before = counters ? counters->fired : 0;
	bool there = engines[e]->finish(t->state[e], hung, counters);

	if (!counters)
		return there;
	totals->trials++;
	totals->loaded += there;
	totals->fired += counters->fired - before;
	if (!there)
		add_line(&counters->note, engines[e]->name, "never loaded");
	return there;
}

/* The text of --inject that repeats what the trial drew. */
static char *pinned_text(const struct inject_trial *t)
{
	struct inject_spec spec;
	char *text;

	inject_spec_copy(&t->inject->spec, &spec);
	for (size_t i = 0; i < spec.n_rules; i++) {
		/* The one has no draws, the other delays nothing and cannot be asked for. */
		if (spec.rules[i].where == INJECT_TRAP || spec.rules[i].where == INJECT_PROFILE)
			continue;
		spec.rules[i].has_seed = true;
		spec.rules[i].seed = t->seed;
	}
	for (size_t e = 0; e < N_ENGINES; e++)
		if (t->state[e] && engines[e]->pin)
			engines[e]->pin(t->state[e], &spec);
	text = inject_spec_format(&spec);
	inject_spec_done(&spec);
	return text;
}

/* The same rule and seed are not enough to repeat it. */
static bool says_more_than_seed(const struct inject_trial *t)
{
	for (size_t e = 0; e < N_ENGINES; e++)
		if (t->state[e] && engines[e]->pin)
			return true;
	return false;
}

void inject_trial_finish(
	struct inject_trial *t, unsigned int outcome, struct record_counters *ret_counters)
{
	char *text cleanup(cleanup_free) = NULL;
	struct record_counters counters = { 0 };
	bool all = true, searching = false;

	if (!t)
		return;
	if (outcome && (t->chosen_by || says_more_than_seed(t)))
		text = pinned_text(t);
	for (size_t e = 0; e < N_ENGINES; e++)
		if (t->state[e] && engines[e]->searches)
			searching |= engines[e]->searches(t->state[e]);
	for (size_t e = 0; e < N_ENGINES; e++)
		if (t->state[e] && !finish_engine(t, e, outcome & RECORD_ON_HANG,
					   ret_counters ? &counters : NULL))
			all = false;
	if (t->chosen_by)
		candidates_learn(t, outcome, searching, text);
	if (ret_counters) {
		counters.trials = all && t->inject->bits ? 1 : 0;
		if (!counters.replay && text && strstr(text, "seed=")) {
			counters.replay = text;
			text = NULL;
		}
		*ret_counters = counters;
	}
	for (size_t n = 0; n < t->env.n; n++)
		free(t->env.strings[n]);
	free(t->env.strings);
	if (t->page)
		munmap(t->page, HANGRATE_COUNTERS_SIZE);
	if (t->page_fd >= 0)
		close(t->page_fd);
	free(t);
}
