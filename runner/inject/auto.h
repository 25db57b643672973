/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/auto.h: `--inject auto`, a choice among other injections. Known to inject.c only. */
#ifndef RUNNER_INJECT_AUTO_H
#define RUNNER_INJECT_AUTO_H

#include "runner/inject/inject.h"

struct inject_auto;

struct inject_auto *inject_auto_new(const struct inject_target *target, enum arm arm);
void inject_auto_free(struct inject_auto *a); /* NULL-safe */
unsigned int inject_auto_engines(const struct inject_auto *a);
/* The candidate for the next trial; NULL: there is none. */
struct inject *inject_auto_choose(struct inject_auto *a, size_t *ret_choice);
/* searching: the candidate was still finding out what to do. */
void inject_auto_learn(struct inject_auto *a, size_t choice, bool hung, bool searching);
/* One line, NULL: nothing to say yet. The caller frees it. */
char *inject_auto_note(const struct inject_auto *a);

#endif
