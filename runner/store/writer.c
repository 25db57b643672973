/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/store/writer.h"

#include "runner/base/util.h"
#include "runner/store/sql.h"

#include <pthread.h>
#include <signal.h>

/* What may wait for the thread. Trials that pass do not: they are only counted. */
#define WAITING_MAX ((size_t)1 << 16)
#define WAITING_BYTES_MAX ((size_t)64 << 20)

struct trials {
	struct record_trial *all;
	size_t n, cap, bytes;
};

struct writer {
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* Of the loop alone. */
	struct trials waiting;
	/* Under the lock: what is handed over. */
	bool posted;
	bool finishing; /* the campaign is over: locks are waited for no longer */
	bool ended;     /* nothing is posted after this */
	struct record_campaign campaign;
	struct trials trials;
	int error;
	/* Of the thread alone while it is at work: what the store has. */
	struct record_campaign stored;
};

static void trials_done(struct trials *t)
{
	for (size_t i = 0; i < t->n; i++)
		record_trial_done(&t->all[i]);
	free(t->all);
	*t = (struct trials){ 0 };
}

/* --- the thread --- */

static bool is_finishing(struct writer *w)
{
	bool finishing;

	pthread_mutex_lock(&w->lock);
	finishing = w->finishing;
	pthread_mutex_unlock(&w->lock);
	return finishing;
}

/* The store waits a while for a lock; so does the writer, until it is told to finish. */
static bool try_again(struct writer *w, int r)
{
	return r == -STORE_EBUSY && !is_finishing(w);
}

static int write_trials(struct writer *w, struct trials *t)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r >= 0; i++)
		do
			r = store_add_trial(w->store, &w->stored, &t->all[i]);
		while (try_again(w, r));
	return r;
}

static int write_batch(struct writer *w, struct record_campaign *c, struct trials *t)
{
	int r;

	record_campaign_copy_ids(&w->stored, c);
	record_campaign_done(&w->stored);
	w->stored = *c;
	r = write_trials(w, t);
	if (r < 0)
		return r;
	do
		r = store_flush(w->store, &w->stored);
	while (try_again(w, r));
	return r;
}

static void *write_all(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct record_campaign campaign;
		struct trials trials;
		int r;

		while (!w->posted && !w->ended)
			pthread_cond_wait(&w->changed, &w->lock);
		if (!w->posted)
			break;
		campaign = w->campaign;
		trials = w->trials;
		w->trials = (struct trials){ 0 };
		pthread_mutex_unlock(&w->lock);
		r = write_batch(w, &campaign, &trials);
		trials_done(&trials);
		pthread_mutex_lock(&w->lock);
		w->posted = false;
		w->error = r;
		pthread_cond_broadcast(&w->changed);
		if (r < 0)
			break;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* --- the loop's side --- */

int writer_new(struct store *s, struct record_campaign *c, bool resumed, struct writer **ret_writer)
{
	struct writer *w;
	sigset_t all, before;
	int r = resumed ? store_resume(s, c) : store_begin(s, c);

	if (r < 0)
		return r;
	w = mem_alloc(sizeof(*w));
	w->store = s;
	record_campaign_copy(c, &w->stored);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->changed, NULL);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->thread, NULL, write_all, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		record_campaign_done(&w->stored);
		free(w);
		return store_fail(s, STORE_EIO, "no thread to write it: %s", strerror(r));
	}
	*ret_writer = w;
	return 0;
}

void writer_add_trial(struct writer *w, const struct record_trial *t)
{
	struct trials *to = &w->waiting;

	to->all = mem_grow(to->all, to->n, &to->cap, sizeof(*to->all));
	record_trial_copy(t, &to->all[to->n++]);
	to->bytes += t->output_len;
}

bool writer_is_full(struct writer *w)
{
	return w->waiting.n >= WAITING_MAX || w->waiting.bytes >= WAITING_BYTES_MAX;
}

/* Under the lock, with nothing posted. */
static void post(struct writer *w, const struct record_campaign *c)
{
	record_campaign_copy(c, &w->campaign);
	w->trials = w->waiting;
	w->waiting = (struct trials){ 0 };
	w->posted = true;
	pthread_cond_broadcast(&w->changed);
}

int writer_post(struct writer *w, const struct record_campaign *c)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = w->error;
	if (!r && !w->posted)
		post(w, c);
	pthread_mutex_unlock(&w->lock);
	return r;
}

void writer_wait_for_room(struct writer *w, const struct record_campaign *c)
{
	pthread_mutex_lock(&w->lock);
	while (!w->error && w->posted)
		pthread_cond_wait(&w->changed, &w->lock);
	if (!w->error)
		post(w, c);
	pthread_mutex_unlock(&w->lock);
}

int writer_finish(struct writer *w, struct record_campaign *c)
{
	int r;

	pthread_mutex_lock(&w->lock);
	w->finishing = true;
	while (!w->error && w->posted)
		pthread_cond_wait(&w->changed, &w->lock);
	if (!w->error)
		post(w, c);
	w->ended = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	r = w->error;
	record_campaign_copy_ids(&w->stored, c);
	record_campaign_done(&w->stored);
	trials_done(&w->waiting);
	trials_done(&w->trials);
	pthread_cond_destroy(&w->changed);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return r;
}
