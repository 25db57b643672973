/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h: starts the program of a trial, as a child of the process that keeps it (keeper.h).
 *
 * The child gets a session of its own, its parent's standard input (/dev/null), a pipe as standard
 * output and error, default signal handling and an empty mask, and dies with its parent.
 */
#ifndef RUNNER_TRIAL_SPAWN_H
#define RUNNER_TRIAL_SPAWN_H

#include "runner/inject/inject.h"
#include "runner/trial/isolate.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What every child needs to know of us, found once. */
struct spawner {
	int ignored[NSIG]; /* signals that a child has to take back to their defaults */
	int n_ignored;
	int children; /* the list of our children, held open */
};

/* Before the first trial and after the last change to what this process ignores; it makes this
 * process a subreaper without core dumps. 0 or -errno; spawner_done() in either case. Of no use to
 * a child of the process that made it. */
int spawner_init(struct spawner *s);
void spawner_done(struct spawner *s);

struct spawn_request {
	const char *path;
	char *const *argv;
	char *const *env;
	int output;                          /* becomes its standard output and error */
	struct inject_child inject;          /* zero descriptors and handover -1: none */
	int inject_at[INJECT_CHILD_FDS + 1]; /* where those descriptors are here, handover last */
	bool isolated;
	struct isolate isolate;
	bool raised; /* our priority is, and not for the trial */
	bool zygote; /* env makes it stop at the entry of main(): it is forked for each trial */
	uint64_t zygote_key; /* requests of one key differ in the values of HANGRATE_* alone */
};

/* Where the child runs until it executes, beside us and in our memory. */
struct spawn_stack {
	char room[64 * 1024] __attribute__((aligned(16)));
};

/*
 * Returns once the child has executed or failed, unless the request needs a fork. 0 or -errno: no
 * child was made. *shared_pid and *shared_error lie in memory that the child shares even after a
 * fork: the pid is there before the child runs; the error is -errno of a child that has not
 * executed, and exits with 127.
 */
int spawn_trial(const struct spawner *s, const struct spawn_request *q, struct spawn_stack *stack,
	pid_t *shared_pid, int *shared_error);

/*
 * The list of a process's children ("PID PID ..."), to be asked again and again: a descriptor or
 * -errno. spawn_children() fills pids with at most max of them and returns how many there are. The
 * list is exact as long as none of them is reaped meanwhile.
 */
int spawn_children_open(pid_t pid);
int spawn_children(int list, pid_t *pids, size_t max);

#endif
