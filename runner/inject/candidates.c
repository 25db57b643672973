/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/candidates.c: `--inject auto` as an injection that is made of injections. Which one the
 * next trial uses is for auto.c to say.
 */
#include "runner/inject/cell.h"

#include "runner/base/util.h"

#include <errno.h>

/* False: it has no usable engine. */
static bool make_candidate(struct inject *i, const struct inject_spec *spec)
{
	char *error cleanup(cleanup_free) = NULL;
	struct inject *candidate = NULL;

	if (inject_new(spec, &i->target, i->arm, &candidate, &error) < 0 || !candidate->bits) {
		inject_free(candidate);
		return false;
	}
	i->candidates = mem_grow(
		i->candidates, i->n_candidates, &i->cap_candidates, sizeof(struct inject *));
	i->candidates[i->n_candidates++] = candidate;
	return true;
}

static bool make_from_text(struct inject *i, const char *text)
{
	char *error cleanup(cleanup_free) = NULL;
	struct inject_spec spec = { 0 };
	bool made =
		inject_parse(text, strlen(text), &spec, &error) == 0 && make_candidate(i, &spec);

	inject_spec_done(&spec);
	return made;
}

/* Leaves out those without a usable engine. Frees the texts. */
static void add_texts(struct inject *i, char **texts)
{
	for (char **text = texts; *text; text++)
		if (make_from_text(i, *text))
			inject_auto_add(i->chooser, *text);
	inject_auto_texts_free(texts);
}

static void add_learning(struct inject *i)
{
	struct inject_rule rule = { .where = INJECT_PROFILE, .name = (char *)"" };
	struct inject_spec spec = { .rules = &rule, .n_rules = 1 };

	if (make_candidate(i, &spec)) {
		i->learning = i->candidates[i->n_candidates - 1];
		inject_auto_add_learning(i->chooser);
	} else {
		add_texts(i, inject_auto_texts(NULL));
		inject_auto_learned(i->chooser, NULL);
	}
}

static void copy_target(struct inject *i, const struct inject_target *from)
{
	const char **points = NULL;
	size_t n = 0, cap = 0;

	i->target = *from;
	i->target.exe = mem_strdup(from->exe);
	i->target.command = from->command ? mem_strdup(from->command) : NULL;
	if (!from->points)
		return;
	for (; from->points[n]; n++) {
		points = mem_grow(points, n, &cap, sizeof(*points));
		points[n] = mem_strdup(from->points[n]);
	}
	points = mem_grow(points, n, &cap, sizeof(*points));
	points[n] = NULL;
	i->target.points = points;
}

static void target_done(struct inject_target *t)
{
	for (const char *const *p = t->points; p && *p; p++)
		free((char *)*p);
	free((void *)t->points);
	free((char *)t->exe);
	free((char *)t->command);
}

void candidates_free(struct inject *i)
{
	for (size_t n = 0; n < i->n_candidates; n++)
		inject_free(i->candidates[n]);
	free(i->candidates);
	inject_auto_free(i->chooser);
	target_done(&i->target);
}

/* What earlier campaigns found comes first; the null arm finds nothing. */
void candidates_start(struct inject *i, const struct inject_target *target)
{
	copy_target(i, target);
	i->chooser = inject_auto_new(target->goal, i->arm == ARM_NULL ? "" : i->program.memory);
	add_texts(i, inject_auto_remembered(i->chooser));
	add_learning(i);
	add_texts(i, inject_auto_first_texts(target->points));
}

/* A trial of the candidate that is next. One that can't start has had its turn. */
int candidates_trial_new(struct inject *i, uint64_t seed, struct inject_trial **ret_trial)
{
	size_t choice = inject_auto_choose(i->chooser);
	int r;

	if (choice == SIZE_MAX)
		return -ENOTSUP;
	r = inject_trial_new(i->candidates[choice], seed, ret_trial);
	if (r < 0) {
		inject_auto_over(i->chooser, choice, 0, false);
		return r;
	}
	(*ret_trial)->chosen_by = i;
	(*ret_trial)->choice = choice;
	return 0;
}

/* Once the learning trial is over it is known what there is to try. */
static void learn_targets(struct inject *i)
{
	const void *state = inject_state_of(i->learning, &inject_engine_profile);
	const struct inject_profile *profile = state ? inject_profile_of(state) : NULL;

	i->learning = NULL;
	inject_auto_learned(i->chooser, profile);
	add_texts(i, inject_auto_texts(profile));
}

/* text: repeats the trial. The null arm delays nothing, so it teaches nothing. */
void candidates_learn(
	struct inject_trial *t, unsigned int outcome, bool searching, const char *text)
{
	struct inject *i = t->chosen_by;
	bool pin;

	if (i->arm == ARM_NULL)
		outcome = 0;
	pin = inject_auto_is_worth_pinning(i->chooser, t->choice, outcome);
	inject_auto_over(i->chooser, t->choice, outcome, searching);
	if (i->learning == t->inject)
		learn_targets(i);
	if (pin && make_from_text(i, text))
		inject_auto_add_pinned(i->chooser, text);
}
