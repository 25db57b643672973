/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/within.c: the engines that hold threads inside the target, by an order drawn from the seed
 * (lib/preload_schedule.c) or at the moments where a race is lost (lib/preload_wake.c). The runner
 * says what is wanted, by the environment, and reads the counters.
 */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <inttypes.h>

#define CHANGES 3      /* of a schedule that says nothing; most bugs need fewer */
#define FIRST_STEPS 40 /* until a trial has told how many points there are */
#define BOUND_NS (200 * NSEC_PER_MSEC)
#define BUDGET_NS (500 * NSEC_PER_MSEC)

struct within {
	const struct inject_spec *spec;
	char *library;
	bool null;
	uint64_t steps; /* of the longest trial so far; 0: none is over */
};

struct within_trial {
	struct within *cell;
	const struct hangrate_counters *page, *counters;
	uint32_t bit;
	uint64_t steps;
};

static const struct inject_rule *rule_of(const struct inject_spec *spec, enum inject_where where)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == where)
			return &spec->rules[i];
	return NULL;
}

static bool schedule_wanted(const struct inject_spec *spec)
{
	return rule_of(spec, INJECT_SCHEDULE);
}

static bool wake_wanted(const struct inject_spec *spec)
{
	return rule_of(spec, INJECT_WAKE) || rule_of(spec, INJECT_WINDOW);
}

static int cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	char *library;
	struct within *s;

	*ret_why = inject_preload_for(cell->program, &library);
	if (*ret_why)
		return 1;
	s = mem_alloc(sizeof(*s));
	s->spec = cell->spec;
	s->library = library;
	s->null = cell->arm == ARM_NULL;
	*ret_state = s;
	return 0;
}

static void cell_free(void *state)
{
	struct within *s = state;

	free(s->library);
	free(s);
}

static struct within_trial *trial_new(struct within *s, struct hangrate_counters *counters,
	unsigned int offset, uint32_t bit, struct inject_env *env)
{
	struct within_trial *t = mem_alloc(sizeof(*t));

	t->cell = s;
	t->page = (void *)((char *)counters + HANGRATE_COUNTERS_PRELOAD);
	t->counters = (void *)((char *)counters + offset);
	t->bit = bit;
	inject_env_add(env, "LD_PRELOAD", s->library);
	return t;
}

/* In 2^-32, as the preload draws. */
static uint64_t p_of(const struct inject_rule *r)
{
	return ((uint64_t)r->p_ppm << 32) / INJECT_PPM;
}

static int schedule_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct within *s = state;
	const struct inject_rule *r = rule_of(s->spec, INJECT_SCHEDULE);
	struct within_trial *t =
		trial_new(s, counters, HANGRATE_COUNTERS_SCHEDULE, HANGRATE_ENGINE_SCHEDULE, env);
	char *text cleanup(cleanup_free) = NULL;

	t->steps = r->steps ? r->steps : s->steps ? s->steps : FIRST_STEPS;
	text = mem_printf("%" PRIu64 ",%u,%" PRIu64 ",%" PRIu64 ",%d", seed,
		r->changes || r->has_p ? r->changes : CHANGES, t->steps, r->has_p ? p_of(r) : 0,
		s->null);
	inject_env_add(env, HANGRATE_ENV_SCHEDULE, text);
	*ret_trial = t;
	return 0;
}

static int wake_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct within *s = state;
	const struct inject_rule *waits = rule_of(s->spec, INJECT_WAKE);
	const struct inject_rule *windows = rule_of(s->spec, INJECT_WINDOW);
	struct within_trial *t =
		trial_new(s, counters, HANGRATE_COUNTERS_WAKE, HANGRATE_ENGINE_WAKE, env);
	char *text cleanup(cleanup_free) =
		mem_printf("%" PRIu64 ",%u,%" PRIu64 ",%" PRId64 ",%" PRId64 ",%d", seed,
			(waits ? HANGRATE_WAKE_WAITS : 0) | (windows ? HANGRATE_WAKE_WINDOWS : 0),
			p_of(waits ? waits : windows), BOUND_NS, BUDGET_NS, s->null);

	inject_env_add(env, HANGRATE_ENV_WAKE, text);
	*ret_trial = t;
	return 0;
}

/* The writers are gone; relaxed loads because they were other processes. */
static bool finish(void *trial, bool hung, struct record_counters *counters)
{
	struct within_trial *t = trial;
	uint64_t passed = __atomic_load_n(&t->counters->passed, __ATOMIC_RELAXED);
	bool there = __atomic_load_n(&t->page->loaded, __ATOMIC_RELAXED) & t->bit;

	(void)hung;
	if (passed > t->cell->steps)
		t->cell->steps = passed < UINT32_MAX ? passed : UINT32_MAX;
	if (counters) {
		counters->armed += __atomic_load_n(&t->counters->armed, __ATOMIC_RELAXED);
		counters->passed += passed;
		counters->fired += __atomic_load_n(&t->counters->fired, __ATOMIC_RELAXED);
		counters->delay_ns += __atomic_load_n(&t->counters->delay_ns, __ATOMIC_RELAXED);
	}
	free(t);
	return there;
}

static void schedule_pin(const void *trial, struct inject_spec *spec)
{
	const struct within_trial *t = trial;

	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_SCHEDULE)
			spec->rules[i].steps = (uint32_t)t->steps;
}

const struct inject_engine inject_engine_schedule = {
	.name = "schedule",
	.bit = HANGRATE_ENGINE_SCHEDULE,
	.wanted = schedule_wanted,
	.cell_new = cell_new,
	.cell_free = cell_free,
	.trial_new = schedule_trial_new,
	.finish = finish,
	.pin = schedule_pin,
};

const struct inject_engine inject_engine_wake = {
	.name = "wake",
	.bit = HANGRATE_ENGINE_WAKE,
	.wanted = wake_wanted,
	.cell_new = cell_new,
	.cell_free = cell_free,
	.trial_new = wake_trial_new,
	.finish = finish,
};
