/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/points.c: the engines that work inside the target, a scenario's delay points and the
 * preload. The runner only says what is wanted, by the environment, and reads the counters.
 */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <errno.h>

struct inside {
	char *rules;   /* the value of HANGRATE_POINTS or HANGRATE_FUNCS */
	char *library; /* preload only: for LD_PRELOAD */
};

struct inside_trial {
	const struct hangrate_counters *counters;
	uint32_t bit;
};

static bool wants(const struct inject_spec *spec, enum inject_where where)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == where)
			return true;
	return false;
}

static bool points_wanted(const struct inject_spec *spec)
{
	return wants(spec, INJECT_POINT);
}

static bool preload_wanted(const struct inject_spec *spec)
{
	return wants(spec, INJECT_FUNC);
}

static int points_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	struct inside *s = mem_alloc(sizeof(*s));

	(void)ret_why;
	s->rules = inject_spec_encode(cell->spec, INJECT_POINT, cell->arm == ARM_NULL);
	*ret_state = s;
	return 0;
}

/* Why a preload can't be loaded into the program; NULL: it can. */
static char *preload_refused(const struct inject_program *p)
{
	if (p->libc == INJECT_LIBC_STATIC)
		return mem_printf("'%s' is static: there is no loader that would load it", p->exe);
	if (p->libc == INJECT_LIBC_OTHER)
		return mem_printf("'%s' uses neither the loader of glibc nor that of musl", p->exe);
	if (p->privileged)
		return mem_printf(
			"'%s' runs with raised privileges: its loader ignores LD_PRELOAD", p->exe);
	return NULL;
}

/* The words that separate the libraries of LD_PRELOAD would split the path. */
static bool fits_ld_preload(const char *path)
{
	return !strpbrk(path, ": \t\n");
}

/* A sanitizer refuses to be anything but first; what the user preloads stays behind us. */
static char *ld_preload(const char *runtime, const char *path, const char *already)
{
	bool more = already && *already;

	return mem_printf("%s%s%s%s%s", runtime ? runtime : "", runtime ? ":" : "", path,
		more ? ":" : "", more ? already : "");
}

static char *library_for(
	const struct inject_program *program, enum inject_library which, char **ret_ld_preload)
{
	char *path cleanup(cleanup_free) = NULL;
	char *why = preload_refused(program);

	if (why)
		return why;
	if (inject_preload_path(which, program->libc, &path) < 0)
		return mem_printf("libhangrate-%s.so for this libc is not installed",
			which == INJECT_LIBRARY_ZYGOTE ? "zygote" : "preload");
	if (!fits_ld_preload(path))
		return mem_printf("'%s': LD_PRELOAD can't name a path with such characters", path);
	*ret_ld_preload = ld_preload(program->runtime, path, getenv("LD_PRELOAD"));
	return NULL;
}

char *inject_preload_for(const struct inject_program *program, char **ret_ld_preload)
{
	return library_for(program, INJECT_LIBRARY_PRELOAD, ret_ld_preload);
}

char *inject_zygote_for(const char *exe, char **ret_ld_preload)
{
	struct inject_program p;
	char *why;
	int r = inject_program_read(exe, &p);

	if (r < 0)
		return mem_printf("'%s': %s", exe, strerror(-r));
	why = p.runtime ? mem_printf("'%s' needs %s to be the first library", p.exe, p.runtime)
			: library_for(&p, INJECT_LIBRARY_ZYGOTE, ret_ld_preload);
	inject_program_done(&p);
	return why;
}

static int preload_cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	char *library;
	struct inside *s;

	*ret_why = inject_preload_for(cell->program, &library);
	if (*ret_why)
		return 1;
	s = mem_alloc(sizeof(*s));
	s->rules = inject_spec_encode(cell->spec, INJECT_FUNC, cell->arm == ARM_NULL);
	s->library = library;
	*ret_state = s;
	return 0;
}

static void inside_cell_free(void *state)
{
	struct inside *s = state;

	free(s->rules);
	free(s->library);
	free(s);
}

static int points_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	const struct inside *s = state;
	struct inside_trial *t = mem_alloc(sizeof(*t));

	(void)seed;
	inject_env_add(env, HANGRATE_ENV_POINTS, s->rules);
	t->counters = counters;
	t->bit = HANGRATE_ENGINE_POINTS;
	*ret_trial = t;
	return 0;
}

static int preload_trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	const struct inside *s = state;
	struct inside_trial *t = mem_alloc(sizeof(*t));

	(void)seed;
	inject_env_add(env, HANGRATE_ENV_FUNCS, s->rules);
	inject_env_add(env, "LD_PRELOAD", s->library);
	t->counters = (void *)((char *)counters + HANGRATE_COUNTERS_PRELOAD);
	t->bit = HANGRATE_ENGINE_PRELOAD;
	*ret_trial = t;
	return 0;
}

/* The writers are gone; relaxed loads because they were other processes. */
static bool inside_finish(void *trial, bool hung, struct record_counters *counters)
{
	struct inside_trial *t = trial;
	const struct hangrate_counters *r = t->counters;
	bool there = __atomic_load_n(&r->loaded, __ATOMIC_RELAXED) & t->bit;

	(void)hung;
	if (counters) {
		counters->armed += __atomic_load_n(&r->armed, __ATOMIC_RELAXED);
		counters->passed += __atomic_load_n(&r->passed, __ATOMIC_RELAXED);
		counters->fired += __atomic_load_n(&r->fired, __ATOMIC_RELAXED);
		counters->delay_ns += __atomic_load_n(&r->delay_ns, __ATOMIC_RELAXED);
	}
	free(t);
	return there;
}

const struct inject_engine inject_engine_points = {
	.name = "points",
	.bit = HANGRATE_ENGINE_POINTS,
	.wanted = points_wanted,
	.cell_new = points_cell_new,
	.cell_free = inside_cell_free,
	.trial_new = points_trial_new,
	.finish = inside_finish,
};

const struct inject_engine inject_engine_preload = {
	.name = "preload",
	.bit = HANGRATE_ENGINE_PRELOAD,
	.wanted = preload_wanted,
	.cell_new = preload_cell_new,
	.cell_free = inside_cell_free,
	.trial_new = preload_trial_new,
	.finish = inside_finish,
};
