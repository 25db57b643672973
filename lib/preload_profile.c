/* SPDX-License-Identifier: MIT */
/* preload_profile.c: which interposed functions a trial calls, and in how many threads. */
#include "lib/preload.h"

#include <string.h>

static struct hangrate_profile *profile; /* NULL: not asked for */

bool preload_profile_start(struct preload_row *const rows[])
{
	profile = preload_map_page(
		HANGRATE_ENV_PROFILE, HANGRATE_PROFILE_SIZE, HANGRATE_PROFILE_MAGIC);
	for (size_t i = 0; profile && rows[i] && i < HANGRATE_PROFILE_ROWS; i++) {
		rows[i]->number = (uint16_t)i;
		strncpy(profile->row[i].name, rows[i]->name, sizeof(profile->row[i].name) - 1);
	}
	if (profile)
		preload_receipt_loaded(HANGRATE_ENGINE_PROFILE);
	return profile;
}

void preload_profile_pass(const struct preload_row *row)
{
	static __thread bool known;
	uint32_t *calls;

	if (!known) {
		known = true;
		__atomic_fetch_add(&profile->threads, 1, __ATOMIC_RELAXED);
	}
	if (row->number >= HANGRATE_PROFILE_ROWS)
		return;
	calls = &profile->row[row->number].calls;
	if (__atomic_load_n(calls, __ATOMIC_RELAXED) < INT32_MAX)
		__atomic_fetch_add(calls, 1, __ATOMIC_RELAXED);
}
