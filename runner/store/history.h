/* SPDX-License-Identifier: GPL-3.0-or-later */
/* history.h: the older campaigns of a record, for trends. */
#ifndef RUNNER_STORE_HISTORY_H
#define RUNNER_STORE_HISTORY_H

#include "runner/store/store.h"

/* Campaigns are loaded, the newest first, until that many cells are in memory. */
#define HISTORY_CELLS_MAX 20000
#define HISTORY_MAX 400

struct history {
	struct record_campaign *campaigns; /* newest first */
	size_t n;
};

/* Those older than campaign `id`. 0 or -STORE_E*; what was loaded until then is kept. Free with
 * history_done(). */
int history_load(struct store *s, int64_t id, struct history *ret_history);
void history_done(struct history *h);

#endif
