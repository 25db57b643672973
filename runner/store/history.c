/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/store/history.h"

#include "runner/base/util.h"

int history_load(struct store *s, int64_t id, struct history *ret_history)
{
	int64_t *ids cleanup(cleanup_free) = NULL;
	struct history *h = ret_history;
	size_t n, i = 0, cells = 0;
	int r = store_list(s, &ids, &n);

	*h = (struct history){};
	if (r < 0)
		return r;
	while (i < n && ids[i] != id)
		i++;
	h->campaigns = mem_alloc((n - i) * sizeof(*h->campaigns));
	for (i++; i < n && h->n < HISTORY_MAX && cells < HISTORY_CELLS_MAX; i++) {
		r = store_load(s, ids[i], &h->campaigns[h->n]);
		if (r < 0)
			return r;
		cells += h->campaigns[h->n++].n_cells;
	}
	return 0;
}

void history_done(struct history *h)
{
	for (size_t i = 0; i < h->n; i++)
		record_campaign_done(&h->campaigns[i]);
	free(h->campaigns);
	*h = (struct history){};
}
