/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store/newest.c: the campaign that a record is about when no other is named. */
#include "runner/store/store.h"

#include "runner/base/util.h"

int store_load_newest(struct store *s, struct record_campaign *ret_campaign)
{
	int64_t *ids cleanup(cleanup_free) = NULL;
	size_t n;
	int r = store_list(s, &ids, &n);

	return r < 0 ? r : store_load(s, ids[0], ret_campaign);
}

char *store_read_newest(const char *path, struct record_campaign *ret_campaign)
{
	struct store *s cleanup(cleanup_store) = NULL;

	if (store_open(path, STORE_READ, &s) < 0 || store_load_newest(s, ret_campaign) < 0)
		return mem_strdup(store_error(s));
	return NULL;
}
