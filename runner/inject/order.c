/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/order.c: the engine that predicts lock-order deadlocks and makes them happen. Every trial
 * records the order of locks (lib/preload_order.c). What could have been a deadlock
 * (order_cycles.c) is tried in the next ones: each thread of the cycle is held between its two
 * locks until the others are there, too. Where all of them at once never meet, one goes first.
 *
 * Nothing here decides that a program is deadlocked: the proof does, as in any other trial.
 */
#include "runner/inject/engine.h"
#include "runner/inject/order.h"
#include "runner/inject/order_plan.h"
#include "runner/inject/sites.h"
#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>

#define HOLDS 4                            /* in vain, of a process */
#define HOLD_TOTAL_NS UINT64_C(2000000000) /* all of them together */

struct order {
	struct order_found found;
	struct sites candidates; /* the name is the text of the plan */
	char *library;
	char *memory; /* NULL: remembers nothing */
	bool fixed;   /* the rule says where: nothing is learned */
	bool null;
};

struct order_trial {
	struct order *cell;
	size_t choice; /* SIZE_MAX: only records */
	char *text;    /* of the plan; NULL: only records */
	bool searches;
	const struct hangrate_counters *counters;
	struct hangrate_order *shared;
	int fd;
};

static const struct inject_rule *rule_of(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_ORDER)
			return &spec->rules[i];
	return NULL;
}

static bool order_wanted(const struct inject_spec *spec)
{
	return rule_of(spec);
}

static int order_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	const struct inject_rule *rule = rule_of(cell->spec);
	char *library;
	struct order *s;

	*ret_why = inject_preload_for(cell->program, &library);
	if (*ret_why)
		return 1;
	s = mem_alloc(sizeof(*s));
	s->library = library;
	s->null = cell->arm == ARM_NULL;
	s->fixed = *rule->name;
	if (s->fixed)
		sites_at(&s->candidates, SITE_ORDER, 1, rule->name);
	else if (*cell->program->memory && !s->null)
		s->memory = mem_printf("order-%s", cell->program->memory);
	if (s->memory)
		sites_load(&s->candidates, s->memory);
	*ret_state = s;
	return 0;
}

static void order_cell_free(void *state)
{
	struct order *s = state;

	if (s->memory)
		sites_save(&s->candidates, s->memory);
	order_found_done(&s->found);
	sites_done(&s->candidates);
	free(s->library);
	free(s->memory);
	free(s);
}

/* --- what was found --- */

static void keep(struct order_found *f, struct order_recording *r)
{
	f->all = mem_grow(f->all, f->n, &f->cap, sizeof(*f->all));
	f->all[f->n].recording = *r;
	*r = (struct order_recording){ 0 };
	f->n++;
}

static bool is_known(const struct order_found *f, uint64_t places)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->all[i].n_cycles; k++)
			if (f->all[i].cycles[k].places == places)
				return true;
	return false;
}

/* The recordings that show a cycle first are kept. */
static void learn(struct order *s, const struct hangrate_order *shared)
{
	struct order_recording r;
	struct order_cycle *cycles = NULL;
	size_t n, fresh = 0;
	bool cut;

	order_recording_read(shared, &r);
	order_cycles_find(&r, &cycles, &n, &cut);
	s->found.trials++;
	s->found.acquisitions += r.acquisitions;
	s->found.edges += r.n_edges;
	s->found.dropped += r.dropped;
	s->found.cut |= cut;
	for (size_t i = 0; i < n; i++) {
		if (is_known(&s->found, cycles[i].places))
			continue;
		for (uint32_t first = 0; first <= cycles[i].n && !s->fixed; first++) {
			char *text cleanup(cleanup_free) = order_plan_text(&r, &cycles[i], first);

			if (text)
				sites_at(&s->candidates, SITE_ORDER,
					hash_mix(cycles[i].places + first), text)
					->held = first ? 1 : 2;
		}
		cycles[fresh++] = cycles[i];
	}
	if (fresh) {
		keep(&s->found, &r);
		s->found.all[s->found.n - 1].cycles = cycles;
		s->found.all[s->found.n - 1].n_cycles = fresh;
	} else {
		free(cycles);
	}
	order_recording_done(&r);
}

void order_found_done(struct order_found *f)
{
	for (size_t i = 0; i < f->n; i++) {
		order_recording_done(&f->all[i].recording);
		free(f->all[i].cycles);
	}
	free(f->all);
	*f = (struct order_found){ 0 };
}

/* --- one trial --- */

static void choose(struct order_trial *t)
{
	struct order *s = t->cell;
	const struct site *site;

	t->choice = s->null ? SIZE_MAX : sites_choose(&s->candidates);
	t->searches = !s->null && t->choice == SIZE_MAX;
	if (t->choice == SIZE_MAX)
		return;
	site = &s->candidates.all[t->choice];
	t->text = mem_strdup(site->name);
	t->searches = !s->fixed && site->tries == 1;
}

static void set_plan(struct order_trial *t)
{
	struct order_plan p;

	if (!t->text || order_plan_parse(t->text, &p) < 0)
		return;
	memcpy(t->shared->roles, p.roles, sizeof(p.roles));
	t->shared->n_roles = p.n_roles;
	t->shared->first = p.first;
	t->shared->bound_ns = p.bound_ns;
	t->shared->holds = (uint32_t)(HOLD_TOTAL_NS / p.bound_ns);
	if (t->shared->holds > HOLDS)
		t->shared->holds = HOLDS;
}

static int share(struct order_trial *t, struct inject_env *env)
{
	char fd[16];

	t->fd = inject_fd_high(memfd_create("hangrate-order", MFD_CLOEXEC));
	if (t->fd < 0 || ftruncate(t->fd, HANGRATE_ORDER_SIZE) < 0)
		return -errno;
	t->shared = mmap(NULL, HANGRATE_ORDER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (t->shared == MAP_FAILED) {
		t->shared = NULL;
		return -errno;
	}
	t->shared->magic = HANGRATE_ORDER_MAGIC;
	set_plan(t);
	snprintf(fd, sizeof(fd), "%d", t->fd);
	inject_env_add(env, HANGRATE_ENV_ORDER, fd);
	inject_env_add(env, "LD_PRELOAD", t->cell->library);
	return 0;
}

static void trial_free(struct order_trial *t)
{
	if (t->shared)
		munmap(t->shared, HANGRATE_ORDER_SIZE);
	if (t->fd >= 0)
		close(t->fd);
	free(t->text);
	free(t);
}

static int order_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct order *s = state;
	struct order_trial *t = mem_alloc(sizeof(*t));
	int r;

	(void)seed;
	t->cell = s;
	t->counters = (void *)((char *)counters + HANGRATE_COUNTERS_PRELOAD);
	choose(t);
	r = share(t, env);
	if (r < 0) {
		if (t->choice != SIZE_MAX)
			sites_over(&s->candidates, t->choice, false);
		trial_free(t);
		return r;
	}
	*ret_trial = t;
	return 0;
}

static void order_child(const void *trial, struct inject_child *c)
{
	c->fds[c->n_fds++] = ((const struct order_trial *)trial)->fd;
}

static bool order_finish(void *trial, bool hung, struct record_counters *counters)
{
	struct order_trial *t = trial;
	bool there =
		__atomic_load_n(&t->counters->loaded, __ATOMIC_RELAXED) & HANGRATE_ENGINE_ORDER;

	if (counters)
		learn(t->cell, t->shared);
	if (t->choice != SIZE_MAX)
		sites_over(&t->cell->candidates, t->choice, hung);
	if (counters) {
		counters->armed += t->shared->n_roles > 0;
		counters->passed += t->cell->null ? 0 : t->shared->acquisitions;
		counters->fired += t->shared->held;
		counters->delay_ns += t->shared->delay_ns;
		if (hung && t->text && !counters->replay)
			counters->replay = mem_printf("order:%s", t->text);
	}
	trial_free(t);
	return there;
}

static bool order_searches(const void *trial)
{
	return ((const struct order_trial *)trial)->searches;
}

static char *order_note(const void *state)
{
	const struct order *s = state;

	if (s->null || s->fixed || !s->found.trials || s->candidates.n)
		return NULL;
	return mem_printf("no two threads took locks in an order that could deadlock, in %" PRIu64
			  " trials (%" PRIu64 " nested acquisitions)",
		s->found.trials, s->found.acquisitions);
}

const struct order_found *order_found_of(const void *state)
{
	return &((const struct order *)state)->found;
}

const struct inject_engine inject_engine_order = {
	.name = "order",
	.bit = HANGRATE_ENGINE_ORDER,
	.wanted = order_wanted,
	.cell_new = order_cell_new,
	.cell_free = order_cell_free,
	.trial_new = order_trial_new,
	.child = order_child,
	.finish = order_finish,
	.searches = order_searches,
	.note = order_note,
};
