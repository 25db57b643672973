/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain/known.h: what has been found for program counters of one process. Threads often wait at
 * the same ones, and libdwfl searches its tables from end to end for each. Of bounded size: a later
 * entry takes the place of an older one.
 */
#ifndef RUNNER_EXPLAIN_KNOWN_H
#define RUNNER_EXPLAIN_KNOWN_H

#include "runner/explain/symbols.h"

struct known *known_new(void);
void known_free(struct known *k); /* NULL-safe */

/* Copies of what was added, as symbols_places() gives them; the last of more than max is the
 * outermost. 0: not known. */
size_t known_places(const struct known *k, uint64_t pc, bool returns,
	struct symbols_place *ret_places, size_t max);
/* Takes the places over. */
void known_add_places(
	struct known *k, uint64_t pc, bool returns, const struct symbols_place *places, size_t n);

/* Where the function around pc begins, 0 of one that has no name. False: not known. */
bool known_start(const struct known *k, uint64_t pc, uint64_t *ret_start);
void known_add_start(struct known *k, uint64_t pc, uint64_t start);

#endif
