/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/auto.c: which candidate the next trial uses (halving.c), what is said of the search and
 * what is kept for the next campaign. The arm's rate includes the search, so it is a lower bound
 * for the best candidate alone; the note names that candidate.
 */
#include "runner/inject/auto.h"

#include "runner/inject/halving.h"
#include "runner/inject/learned.h"
#include "runner/record/record.h"
#include "runner/base/util.h"

#include <inttypes.h>

#define PINNED_MAX 12
#define REMEMBERED_MAX 4

static const char *const learning_name = "learning";

struct inject_auto {
	struct halving scores; /* one a candidate, in their order; the name is its text */
	unsigned int goal;
	char *memory;
	unsigned int n_pinned;
	bool nothing_forks, nothing_called;
	uint64_t crashed, failed, hung; /* of all trials, asked for or not */
};

struct inject_auto *inject_auto_new(unsigned int goal, const char *memory)
{
	struct inject_auto *a = mem_alloc(sizeof(*a));

	a->goal = goal ? goal : RECORD_ON_HANG;
	a->memory = mem_strdup(memory);
	return a;
}

/* --- from one campaign to the next --- */

/* "GOOD TRIES TEXT", the best first. */
static void remember(const struct inject_auto *a)
{
	bool *told = mem_alloc((a->scores.n + 1) * sizeof(*told));
	char *text = mem_strdup("");

	for (unsigned int n = 0; n < REMEMBERED_MAX; n++) {
		const struct halving_arm *arms = a->scores.arms;
		size_t best = SIZE_MAX;
		char *longer;

		for (size_t i = 0; i < a->scores.n; i++)
			if (arms[i].good && !told[i] &&
				(best == SIZE_MAX || arms[i].good > arms[best].good))
				best = i;
		if (best == SIZE_MAX)
			break;
		told[best] = true;
		longer = mem_printf("%s%" PRIu64 " %" PRIu64 " %s\n", text, arms[best].good,
			arms[best].tries, arms[best].name);
		free(text);
		text = longer;
	}
	if (*text)
		learned_write("auto", a->memory, text);
	free(text);
	free(told);
}

char **inject_auto_remembered(const struct inject_auto *a)
{
	size_t len = 0, n = 0, cap = 0;
	char *text cleanup(cleanup_free) = learned_read("auto", a->memory, &len), *save = NULL;
	char **texts = NULL;

	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
		line = strtok_r(NULL, "\n", &save)) {
		uint64_t good, tries;
		int at = 0;

		if (sscanf(line, "%" SCNu64 " %" SCNu64 " %n", &good, &tries, &at) < 2 || !at ||
			!line[at] || n == REMEMBERED_MAX)
			continue;
		texts = mem_grow(texts, n, &cap, sizeof(*texts));
		texts[n++] = mem_strdup(line + at);
	}
	texts = mem_grow(texts, n, &cap, sizeof(*texts));
	texts[n] = NULL;
	return texts;
}

void inject_auto_free(struct inject_auto *a)
{
	if (!a)
		return;
	remember(a);
	halving_done(&a->scores);
	free(a->memory);
	free(a);
}

/* --- candidates --- */

/* A schedule of its own in each trial. */
static bool draws_all(const char *text)
{
	return (!strncmp(text, "schedule", 8) || !strncmp(text, "window", 6)) &&
	       !strstr(text, "seed=");
}

void inject_auto_add(struct inject_auto *a, const char *text)
{
	if (draws_all(text))
		halving_add_drawing(&a->scores, text);
	else
		halving_add(&a->scores, text);
}

void inject_auto_add_pinned(struct inject_auto *a, const char *text)
{
	halving_add_proven(&a->scores, text);
	a->n_pinned++;
}

void inject_auto_add_learning(struct inject_auto *a)
{
	halving_add(&a->scores, learning_name);
}

void inject_auto_learned(struct inject_auto *a, const struct inject_profile *profile)
{
	for (size_t i = 0; i < a->scores.n; i++)
		if (!strcmp(a->scores.arms[i].name, learning_name))
			halving_leave_out(&a->scores, i);
	a->nothing_called = !profile;
	a->nothing_forks = profile && !inject_profile_forks(profile);
}

size_t inject_auto_choose(struct inject_auto *a)
{
	return halving_choose(&a->scores);
}

void inject_auto_over(struct inject_auto *a, size_t choice, unsigned int outcome, bool searching)
{
	bool good = outcome & a->goal;

	a->hung += !!(outcome & RECORD_ON_HANG);
	a->crashed += !!(outcome & RECORD_ON_CRASH);
	a->failed += !!(outcome & RECORD_ON_FAIL);
	if (searching && !good)
		halving_over_searching(&a->scores, choice);
	else
		halving_over(&a->scores, choice, good);
}

/* A trap remembers its sites itself. */
static bool draws(const char *text)
{
	return !strncmp(text, "schedule", 8) || !strncmp(text, "window", 6) ||
	       ((strstr(text, "p=") || strstr(text, "..")) && strncmp(text, "trap", 4) != 0);
}

/* One that draws, and whose draws do not succeed nearly always anyway. */
bool inject_auto_is_worth_pinning(const struct inject_auto *a, size_t choice, unsigned int outcome)
{
	const struct halving_arm *arm = &a->scores.arms[choice];

	return outcome & a->goal && a->n_pinned < PINNED_MAX && arm->promise < 0.8 &&
	       draws(arm->name) && !strstr(arm->name, "seed=");
}

/* --- what is said --- */

static char *seen_beside(const struct inject_auto *a)
{
	uint64_t crashed = a->goal & RECORD_ON_CRASH ? 0 : a->crashed;
	uint64_t failed = a->goal & RECORD_ON_FAIL ? 0 : a->failed;

	if (!crashed && !failed)
		return mem_strdup("");
	return mem_printf("; %" PRIu64 " trials crashed and %" PRIu64
			  " failed (--fail-on searches for those)",
		crashed, failed);
}

static const char *untried(const struct inject_auto *a)
{
	return a->nothing_forks    ? "; nothing forks, so the fork trap was not tried"
	       : a->nothing_called ? "; nothing can be loaded into it: system calls only"
				   : "";
}

static const char *goal_name(const struct inject_auto *a)
{
	return a->goal == RECORD_ON_HANG ? "hung" : "hung or failed";
}

char *inject_auto_note(const struct inject_auto *a)
{
	const struct halving_arm *best = halving_best(&a->scores);
	char *beside cleanup(cleanup_free) = seen_beside(a);

	if (!a->scores.n)
		return mem_strdup("auto: no engine can work here");
	if (!a->scores.choices)
		return NULL;
	if (!best)
		return mem_printf("auto: none of %zu candidates succeeded in %" PRIu64
				  " trials%s%s",
			a->scores.n, a->scores.choices, beside, untried(a));
	return mem_printf("auto: the best of %zu candidates was '%s': %" PRIu64 " of %" PRIu64
			  " trials %s%s%s",
		a->scores.n, best->name, best->good, best->tries, goal_name(a), beside, untried(a));
}
