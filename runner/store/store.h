/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: records in and out of SQLite. Only store*.c know SQL.
 *
 * Writing: WAL, one transaction a second, so that a kill at any moment loses at most the last
 * second and never corrupts. Passing trials are aggregated in their cell; every other trial is a
 * row. Several campaigns may append to one file at the same time.
 *
 * Reading never changes the file, and leaves nothing beside it: a record that was closed is opened
 * as immutable, so that it can be read in a read-only directory; one that was not (its writer
 * lives, or was killed) is read through its WAL.
 *
 * Errors: functions return 0 or a negative STORE_E*; the text for people is in store_error().
 */
#ifndef RUNNER_STORE_STORE_H
#define RUNNER_STORE_STORE_H

#include "runner/record/record.h"

struct store;

enum store_mode {
	STORE_APPEND, /* create if missing */
	STORE_READ,
};

enum store_errno {
	STORE_EOPEN = 1, /* missing, not permitted, not a file, directory not writable */
	STORE_EFORMAT,   /* empty, not a database, a database of something else, corrupted */
	STORE_EVERSION,  /* written by a newer hangrate */
	STORE_EFULL,     /* no space left */
	STORE_EBUSY,     /* another program kept it locked for 10 s */
	STORE_EIO,       /* anything else that reading or writing ran into */
	STORE_ENONE,     /* no such campaign */
	STORE_EUSE,      /* the caller broke a rule of this header */
};

/* On failure *ret_store is still set so that store_error() can say why; free it with store_free().
 * One line that begins with the file's name in quotes: "'a.db': not a database". A file that is no
 * record of hangrate is left as it is. */
int store_open(const char *path, enum store_mode mode, struct store **ret_store);
const char *store_error(const struct store *s);
void store_free(struct store *s); /* NULL-safe; what was not flushed is lost */

static inline void cleanup_store(struct store **s)
{
	store_free(*s);
}

/*
 * Writing one campaign at a time. begin() stores campaign, cells and causes and overwrites their
 * ids. Cells and causes may be added behind the others later (never moved
 * or taken away) and are stored by the next flush. flush() writes what changed: call it at least
 * every second (it is cheap when nothing did) and at the end with c->ended_ms set. add_trial()
 * copies the trial; it is written by the next flush, when its cause_key must stand among its cell's
 * causes; it flushes by itself when many wait. After a failure nothing of that flush is in the
 * file, and it may be tried again.
 */
int store_begin(struct store *s, struct record_campaign *c);
int store_add_trial(struct store *s, struct record_campaign *c, const struct record_trial *t);
int store_flush(struct store *s, struct record_campaign *c);
/* Goes on with a campaign as store_load() gave it, whose writer is gone, instead of begin(). */
int store_resume(struct store *s, struct record_campaign *c);
/* Deletes the campaigns that started earlier. */
int store_prune(struct store *s, int64_t before_ms, uint64_t *ret_n);

/* Reading. list() gives the newest first, and -STORE_ENONE for none. load() fills a campaign with
 * cells and causes (a campaign that was never closed has STOP_KILLED); record_campaign_done() frees
 * it. Trials are visited in the order they were written, and are gone after visit() returned; when
 * it returns something else than 0 the walk ends with that. */
int store_list(struct store *s, int64_t **ret_ids, size_t *ret_n);
int store_load(struct store *s, int64_t id, struct record_campaign *ret_campaign);
/* The newest campaign of an open record; and of a file: NULL, or why it can't be read, in one line
 * that the caller frees. */
int store_load_newest(struct store *s, struct record_campaign *ret_campaign);
char *store_read_newest(const char *path, struct record_campaign *ret_campaign);
int store_each_trial(struct store *s, int64_t campaign_id,
	int (*visit)(const struct record_trial *t, void *arg), void *arg);

/* What is learned for the next campaign: one text for each kind and key. get() gives NULL when
 * there is none; the caller frees it. */
int store_put_note(struct store *s, const char *kind, const char *key, const char *value);
int store_get_note(struct store *s, const char *kind, const char *key, char **ret_value);

/* What the first 100 bytes of a file say: 0, -STORE_EFORMAT or -STORE_EVERSION, and why. Interprets
 * only; store_open() is who reads. */
int store_check_header(const char *buf, size_t len, const char **ret_why);

#endif
