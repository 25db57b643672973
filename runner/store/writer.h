/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * writer.h: writes a campaign beside the event loop. A disk that is slow, or another client that
 * has the record locked, must not put off a deadline or make a trial look slow.
 *
 * A thread owns the store while the writer lives. The loop gives it copies: trials as they end, and
 * the campaign about every second. What waits is bounded: a full writer asks for no more trials to
 * be started. A record that is locked is tried again; any other failure is final.
 */
#ifndef RUNNER_STORE_WRITER_H
#define RUNNER_STORE_WRITER_H

#include "runner/store/store.h"

struct writer;

/* Begins the campaign in the store, at once, or goes on with it (resumed: as store_load() gave it),
 * and starts the thread. 0, or as store_begin(). */
int writer_new(
	struct store *s, struct record_campaign *c, bool resumed, struct writer **ret_writer);

/* Copies the trial. Its cause must stand in the campaign that is posted next. */
void writer_add_trial(struct writer *w, const struct record_trial *t);
/* Hands over what has been added and a copy of the campaign, unless the thread is still at work on
 * the last one. 0, or the final failure: store_error() has its text once the writer is finished. */
int writer_post(struct writer *w, const struct record_campaign *c);
/* More waits than should; wait_for_room() returns when less does, or when all is lost. */
bool writer_is_full(struct writer *w);
void writer_wait_for_room(struct writer *w, const struct record_campaign *c);

/* Writes what is left, ends the thread, gives the store back, and sets the ids in c. A locked
 * record is waited for as long as store.h says. Frees the writer. 0 or the final failure. */
int writer_finish(struct writer *w, struct record_campaign *c);

#endif
