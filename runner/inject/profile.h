/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/profile.h: what a learning trial of `--inject auto` saw: the interposed functions that the
 * target calls and how long it takes. Nothing is delayed.
 */
#ifndef RUNNER_INJECT_PROFILE_H
#define RUNNER_INJECT_PROFILE_H

#include "lib/protocol.h"

#include <stdbool.h>

struct inject_profile {
	struct hangrate_profile calls; /* names are terminated */
	int64_t duration_ns;
};

/* Of that function, 0: none. */
uint32_t inject_profile_calls(const struct inject_profile *p, const char *function);
/* auto_texts.c: it makes processes. */
bool inject_profile_forks(const struct inject_profile *p);
/* Of the state of the engine; NULL: no learning trial is over. */
const struct inject_profile *inject_profile_of(const void *state);

#endif
