/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nearest.h: what a mistyped word was meant to be. Pure. */
#ifndef RUNNER_BASE_NEAREST_H
#define RUNNER_BASE_NEAREST_H

#include <stddef.h>

/* Letters to insert, delete, replace or swap with their neighbour. Words of up to 31 bytes; longer
 * ones are as far apart as can be. */
unsigned int nearest_distance(const char *a, const char *b);
/* How far apart two words may be that mean the same: 1 for short ones, else 2. */
unsigned int nearest_limit(const char *word);

#endif
