/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/auto.h: `--inject auto` as a choice among texts of --inject. It knows no engine: inject.c
 * makes an injection of each text and runs the chosen one.
 */
#ifndef RUNNER_INJECT_AUTO_H
#define RUNNER_INJECT_AUTO_H

#include "runner/inject/profile.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * auto_texts.c: the texts worth trying, the most promising first. NULL-terminated; the caller frees
 * each and the list.
 *
 * Before the learning trial is over, for a scenario's delay points (NULL: none): only those that
 * cannot make any program much slower.
 */
char **inject_auto_first_texts(const char *const *points);
/* For a target that calls these functions; profile NULL: no preload can be loaded into it. */
char **inject_auto_texts(const struct inject_profile *profile);
void inject_auto_texts_free(char **texts);

struct inject_auto;

/* goal: RECORD_ON_* bits, what is searched for. memory: under which it is remembered what succeeded
 * ("": nowhere). */
struct inject_auto *inject_auto_new(unsigned int goal, const char *memory);
/* NULL-safe. Remembers what succeeded. */
void inject_auto_free(struct inject_auto *a);
/* What earlier campaigns remember, the best first; as inject_auto_texts(). */
char **inject_auto_remembered(const struct inject_auto *a);
/* Adds a candidate that works here; they are numbered from 0 in this order. */
void inject_auto_add(struct inject_auto *a, const char *text);
/* The same for one that repeats a trial that succeeded. */
void inject_auto_add_pinned(struct inject_auto *a, const char *text);
/* Trials that only learn what there is to try: until one is over, others are tried as well. */
void inject_auto_add_learning(struct inject_auto *a);
/* The learning trial is over; profile as seen, NULL: it saw nothing. */
void inject_auto_learned(struct inject_auto *a, const struct inject_profile *profile);
/* The candidate for the next trial; SIZE_MAX: there is none. */
size_t inject_auto_choose(struct inject_auto *a);
/* outcome: RECORD_ON_* bits of what the trial did, 0: it passed. searching: the candidate was still
 * finding out what to do. */
void inject_auto_over(struct inject_auto *a, size_t choice, unsigned int outcome, bool searching);
/* Whether the trial's own draws are worth a candidate that repeats them. To be asked first. */
bool inject_auto_is_worth_pinning(const struct inject_auto *a, size_t choice, unsigned int outcome);
/* One line, NULL: nothing to say yet. The caller frees it. */
char *inject_auto_note(const struct inject_auto *a);

#endif
