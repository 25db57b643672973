/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.h: the event loop. Keeps up to `jobs` trials running, captures what they print, looks at
 * those that stay, ends them at their deadline or when they are proven stuck, and clears away what
 * they leave. It decides nothing: it hands over the bare facts of each trial's end.
 */
#ifndef RUNNER_TRIAL_WATCH_H
#define RUNNER_TRIAL_WATCH_H

#include "runner/trial/isolate.h"
#include "runner/trial/probe.h"
#include "runner/trial/over.h"

struct watch_signal {
	int number;
	pid_t sender; /* 0: the kernel, as for Ctrl-C */
	char sender_comm[16];
	bool from_trial; /* the sender belongs to a trial */
	/* The running trials are aborted; false: the first SIGINT, they may end. */
	bool at_once;
};

/* "SIGTERM from process 12 'kill'"; the caller frees it. */
char *watch_signal_describe(const struct watch_signal *s);

struct watch_ops {
	/* The next trial to start, or false: none now. Called whenever a place is free. */
	bool (*next)(void *arg, struct trial *ret_trial);
	/* A trial is over and nothing is left of it. */
	void (*over)(void *arg, struct trial_over *over);
	/* About every second, and whenever something happened at all after that. */
	void (*tick)(void *arg, int64_t now_ns);
	/* A signal asks for the end. No more trials are started. */
	void (*interrupted)(void *arg, const struct watch_signal *signal);
};

/* isolate: NULL, or how a trial gets namespaces of its own. Runs until next() gives no more and the
 * last trial is over. 0 or -errno: the instrument failed.
 */
int watch_run(int jobs, const struct isolate *isolate, struct prober *prober,
	const struct watch_ops *ops, void *arg);

#endif
