/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/profile.h"

#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <errno.h>
#include <sys/mman.h>

struct learning {
	char *library;
	bool learned;
	struct inject_profile profile;
};

struct learning_trial {
	struct learning *cell;
	const struct hangrate_counters *counters;
	struct hangrate_profile *page;
	int page_fd;
	int64_t begun_ns;
};

static bool wanted(const struct inject_spec *spec)
{
	for (size_t i = 0; i < spec->n_rules; i++)
		if (spec->rules[i].where == INJECT_PROFILE)
			return true;
	return false;
}

static int cell_new(const struct inject_cell *cell, void **ret_state, char **ret_why)
{
	char *library;
	struct learning *s;

	*ret_why = inject_preload_for(cell->program, &library);
	if (*ret_why)
		return 1;
	s = mem_alloc(sizeof(*s));
	s->library = library;
	*ret_state = s;
	return 0;
}

static void cell_free(void *state)
{
	struct learning *s = state;

	free(s->library);
	free(s);
}

static void trial_free(struct learning_trial *t)
{
	if (t->page)
		munmap(t->page, HANGRATE_PROFILE_SIZE);
	if (t->page_fd >= 0)
		close(t->page_fd);
	free(t);
}

static int page_open(struct learning_trial *t)
{
	t->page_fd = inject_fd_high(memfd_create("hangrate-profile", MFD_CLOEXEC));
	if (t->page_fd < 0 || ftruncate(t->page_fd, HANGRATE_PROFILE_SIZE) < 0)
		return -errno;
	t->page = mmap(
		NULL, HANGRATE_PROFILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, t->page_fd, 0);
	if (t->page == MAP_FAILED) {
		t->page = NULL;
		return -errno;
	}
	t->page->magic = HANGRATE_PROFILE_MAGIC;
	return 0;
}

static int trial_new(void *state, uint64_t seed, struct hangrate_counters *counters,
	struct inject_env *env, void **ret_trial)
{
	struct learning *s = state;
	struct learning_trial *t = mem_alloc(sizeof(*t));
	char fd[16];
	int r;

	(void)seed;
	t->cell = s;
	t->page_fd = -1;
	t->counters = (void *)((char *)counters + HANGRATE_COUNTERS_PRELOAD);
	r = page_open(t);
	if (r < 0) {
		trial_free(t);
		return r;
	}
	snprintf(fd, sizeof(fd), "%d", t->page_fd);
	inject_env_add(env, HANGRATE_ENV_PROFILE, fd);
	inject_env_add(env, "LD_PRELOAD", s->library);
	t->begun_ns = time_now_ns();
	*ret_trial = t;
	return 0;
}

static void child(const void *trial, struct inject_child *c)
{
	c->fds[c->n_fds++] = ((const struct learning_trial *)trial)->page_fd;
}

/* A target can write anything into the page. */
static void take_profile(struct learning *s, const struct learning_trial *t)
{
	s->profile.calls = *t->page;
	for (size_t i = 0; i < HANGRATE_PROFILE_ROWS; i++)
		s->profile.calls.row[i].name[sizeof(s->profile.calls.row[i].name) - 1] = '\0';
	s->profile.duration_ns = time_now_ns() - t->begun_ns;
	s->learned = true;
}

static bool finish(void *trial, bool hung, struct record_counters *counters)
{
	struct learning_trial *t = trial;
	bool there =
		__atomic_load_n(&t->counters->loaded, __ATOMIC_RELAXED) & HANGRATE_ENGINE_PROFILE;

	(void)hung;
	if (there && !t->cell->learned)
		take_profile(t->cell, t);
	for (size_t i = 0; counters && i < HANGRATE_PROFILE_ROWS; i++)
		counters->passed += t->page->row[i].calls;
	trial_free(t);
	return there;
}

static bool searches(const void *trial)
{
	(void)trial;
	return true;
}

uint32_t inject_profile_calls(const struct inject_profile *p, const char *function)
{
	for (size_t i = 0; i < HANGRATE_PROFILE_ROWS; i++)
		if (!strcmp(p->calls.row[i].name, function))
			return p->calls.row[i].calls;
	return 0;
}

const struct inject_profile *inject_profile_of(const void *state)
{
	const struct learning *s = state;

	return s->learned ? &s->profile : NULL;
}

const struct inject_engine inject_engine_profile = {
	.name = "profile",
	.bit = HANGRATE_ENGINE_PROFILE,
	.wanted = wanted,
	.cell_new = cell_new,
	.cell_free = cell_free,
	.trial_new = trial_new,
	.child = child,
	.finish = finish,
	.searches = searches,
};
