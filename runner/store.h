/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: records in and out of SQLite. The only file that knows SQL.
 *
 * Writing: WAL, one transaction a second, so that a kill at any moment loses at most the last
 * second and never corrupts. Passing trials are aggregated in their cell; every other trial is a
 * row. Reading never changes the file (opened read-only, a copy of the WAL state).
 *
 * Errors: functions return 0 or a negative STORE_E*; the text for people is in store_error().
 */
#ifndef RUNNER_STORE_H
#define RUNNER_STORE_H

#include "runner/record.h"

struct store;

enum store_mode {
	STORE_APPEND, /* create if missing */
	STORE_READ,
};

/* On failure *ret_store is still set (unless out of memory) so that store_error() can say why;
 * free it with store_free(). One line: names the file, says what is wrong (not a database, written
 * by a newer version, disk full, read-only directory, ...). */
int store_open(const char *path, enum store_mode mode, struct store **ret_store);
const char *store_error(const struct store *s);
void store_free(struct store *s); /* NULL-safe; flushes */

/* Writing one campaign. begin() stores campaign and cells and sets their ids; cells may be added
 * later and are stored by the next flush. flush() writes what changed: call it at least every
 * second (it is cheap when nothing did) and at the end with c->ended_ms set. */
int store_begin(struct store *s, struct record_campaign *c);
int store_add_trial(struct store *s, const struct record_campaign *c, const struct record_trial *t);
int store_flush(struct store *s, struct record_campaign *c);

/* Reading. Newest first. load() fills a campaign with cells and causes; trials are visited. */
int store_list(struct store *s, int64_t **ret_ids, size_t *ret_n);
int store_load(struct store *s, int64_t id, struct record_campaign *ret_campaign);
int store_each_trial(struct store *s, int64_t campaign_id,
	int (*visit)(const struct record_trial *t, void *arg), void *arg);

#endif
