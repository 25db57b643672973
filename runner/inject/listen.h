/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject/listen.h: hears of the system calls of one trial and holds them. What to hold, and how
 * long, its user decides; what is not held goes on at once.
 *
 * One epoll instance has the socket on which the listener arrives, the listener and a timerfd: the
 * runner's loop sees that one descriptor. Nothing here waits.
 */
#ifndef RUNNER_INJECT_LISTEN_H
#define RUNNER_INJECT_LISTEN_H

#include "runner/inject/filter.h"
#include "runner/inject/inject.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct listen;

struct listen_user {
	/* Of a call that is about to run: the time until which it is held; 0: not at all. */
	int64_t (*on_call)(void *arg, const struct seccomp_notif *n, int64_t now_ns);
	/* After each wake-up: when to be called again at the latest; 0: no matter. May be NULL. */
	int64_t (*on_wake)(void *arg, int64_t now_ns);
	void *arg;
};

/* 0 or -errno. */
int listen_new(struct filter_cache *filters, const struct listen_user *user, struct listen **ret_l);
void listen_free(struct listen *l); /* NULL-safe; the calling threads must be dead */
void listen_child(const struct listen *l, struct inject_child *c);
int listen_attach(struct listen *l); /* descriptor for EPOLLIN */
int listen_on_event(struct listen *l);
/* As inject_trial_pending(). */
size_t listen_pending(struct listen *l, const pid_t **ret_tids);
/* Lets a held call go before its time; false: it is not held. From on_call() and on_wake(). */
bool listen_let_go(struct listen *l, uint64_t id);
bool listen_holds(const struct listen *l, uint64_t id);
/* Whether the listener ever came; receives it if it waits. */
bool listen_arrived(struct listen *l);
/* Calls that were held, those of the dead included, and how long in all. */
void listen_totals(const struct listen *l, uint64_t *ret_held, uint64_t *ret_ns);

#endif
