/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/trial_environ.h"

#include "lib/protocol.h"
#include "runner/base/environ.h"
#include "runner/base/util.h"

#include <inttypes.h>

extern char **environ;

/* A protocol speaker gets seed and knobs; a user's program nothing that it did not ask for. */
char **trial_environ(const struct target *target, const struct plan_cell *cell, uint64_t seed,
	char *const *inject, char *const *zygote)
{
	char *knobs cleanup(cleanup_free) = NULL;
	char number[48], *own[3] = { number };
	char *const *more[] = { inject, zygote, own };

	snprintf(number, sizeof(number), HANGRATE_ENV_SEED "=%" PRIu64, seed);
	if (cell->knobs)
		own[1] = knobs = mem_printf(HANGRATE_ENV_KNOBS "=%s", cell->knobs);
	return environ_merge(environ, more, target->broken_status < 0 ? 2 : 3);
}
