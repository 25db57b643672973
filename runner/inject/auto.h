/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/auto.h: `--inject auto` as a choice among texts of --inject. It knows no engine: inject.c
 * makes an injection of each text and runs the chosen one.
 */
#ifndef RUNNER_INJECT_AUTO_H
#define RUNNER_INJECT_AUTO_H

#include <stdbool.h>
#include <stddef.h>

struct inject_auto;

/* The texts worth trying, for a scenario's delay points (NULL: none). NULL-terminated; the caller
 * frees each and the list. */
char **inject_auto_texts(const char *const *points);

struct inject_auto *inject_auto_new(void);
void inject_auto_free(struct inject_auto *a); /* NULL-safe */
/* Adds a candidate that works here; they are numbered from 0 in this order. */
void inject_auto_add(struct inject_auto *a, const char *text);
/* The candidate for the next trial; SIZE_MAX: there is none. */
size_t inject_auto_choose(struct inject_auto *a);
/* searching: the candidate was still finding out what to do. */
void inject_auto_learn(struct inject_auto *a, size_t choice, bool hung, bool searching);
/* One line, NULL: nothing to say yet. The caller frees it. */
char *inject_auto_note(const struct inject_auto *a);

#endif
