/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/sites.h: the places that a trap may keep open over a fork, how often each was tried and
 * hung, and which to try next. Pure; kept as text from one campaign to the next.
 */
#ifndef RUNNER_INJECT_SITES_H
#define RUNNER_INJECT_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum site_kind {
	SITE_LOCK,  /* seen by the preload; id and name as in struct hangrate_trap_site */
	SITE_CALL,  /* a system call; id is its number */
	SITE_AHEAD, /* a lock again, kept by one who comes before the fork does, and waits for it */
	SITE_WORD,  /* a lock by its address; a watchpoint stops the thread that takes it */
	SITE_ORDER, /* a predicted cycle of locks; the name is its plan, as in order_plan.h */
};

struct site {
	enum site_kind kind;
	uint64_t id;
	char *name;
	uint64_t seen, held; /* forks beside which it was passed, and open */
	uint64_t tries, hung;
	uint64_t pending; /* tries that are not over */
	uint64_t excused; /* tries that say nothing */
	uint64_t begun;   /* choices before the first of those */
	bool overtaken;   /* by a later one that is over: so it may be hanging */
	bool left_out;    /* can't be kept open here: never chosen */
	double promise;   /* how often it hangs, as far as the last tries tell; 1/2: no idea */
};

struct sites {
	struct site *all;
	size_t n, cap;
	uint64_t choices; /* made so far */
	double doubt;     /* at 1, another than the best is tried */
};

/* Finds or adds it; the pointer holds until the next call. */
struct site *sites_at(struct sites *s, enum site_kind kind, uint64_t id, const char *name);
/*
 * The next to try, as an index; SIZE_MAX: there is none. Each once, those seen open first; then the
 * one that promises most. Pending tries don't count against a site; one overtaken by a later try
 * counts for it, since hung tries last longest. Another one has its turn once in 20 choices where
 * nothing hangs often, once in 200 where the best always does, and at once when that one fails
 * again and again. Counts the try.
 */
size_t sites_choose(struct sites *s);
/* The try is over; to be told of each. */
void sites_over(struct sites *s, size_t chosen, bool hung);
/* Instead, of one that did not hang but was still finding out how to: it does not count, the first
 * 32 times, so that the best one is kept on; of each three choices one goes elsewhere meanwhile. */
void sites_over_searching(struct sites *s, size_t chosen);
bool sites_any_hung(const struct sites *s);
/* Time to look for others: each was tried, none seems to hang, and none promises to in more than
 * half of its tries. A hang now and then may be luck: it happens without us, too. */
bool sites_are_exhausted(const struct sites *s);
bool sites_has(const struct sites *s, enum site_kind kind);
/* All of that kind. */
void sites_leave_out(struct sites *s, enum site_kind kind);
/* Leaves out what can't be kept open without the preload, or without the filter of calls. */
void sites_limit(struct sites *s, bool preload, bool calls);
void sites_done(struct sites *s);

/* One line a site: "lock|call|ahead|word|order ID TRIES HUNG NAME\n". The caller frees it. */
char *sites_format(const struct sites *s);
/* Adds what the text tells; lines that it does not understand are left out. Old evidence counts
 * little, so stale evidence does not outweigh new observations. */
void sites_parse(struct sites *s, const char *text, size_t len);

/* From one campaign to the next: see learned.h. */
void sites_load(struct sites *s, const char *memory);
void sites_save(const struct sites *s, const char *memory);

#endif
