/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spawn.h: starts one trial and, when it is over, makes sure that nothing of it is left.
 *
 * The child gets a session of its own, /dev/null as standard input, a pipe as standard output and
 * error, default signal handling and an empty mask, and dies with the runner.
 *
 * Every process of a trial carries the trial's tag wherever it goes: the soft limit RLIMIT_LOCKS,
 * which Linux has inherited over fork and exec and has enforced nowhere since 2.4.25
 * (setrlimit(2)). The runner is a subreaper, so whatever outlives its parents becomes its child,
 * whatever session it hides in, and the tag tells whose it was.
 */
#ifndef RUNNER_TRIAL_SPAWN_H
#define RUNNER_TRIAL_SPAWN_H

#include "runner/inject/inject.h"
#include "runner/trial/isolate.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What every child needs to know of us, found once. */
struct spawner {
	int ignored[NSIG]; /* signals that a child has to take back to their defaults */
	int n_ignored;
	rlim_t locks_max;
	int children; /* the list of our children, held open: it is asked once a trial */
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
	uint64_t tag;
	int stdin_fd;                      /* an open /dev/null */
	const struct inject_trial *inject; /* NULL: none */
	const struct isolate *isolate;     /* NULL: no */
	bool raised;                       /* our priority is, and not for the trial */
};

/* Where one child at a time runs until it executes, beside us and in our memory. */
struct spawn_place {
	const struct spawner *spawner;
	struct spawn_request request;
	char *stack;
	int output;
	int error; /* -errno of the child that was reaped: it has not executed; 0: it has */
};

/* NULL with errno; free only when its child is reaped. */
struct spawn_place *spawn_place_new(void);
void spawn_place_free(struct spawn_place *p);

/*
 * 0 with the pid and the reading end of the output pipe (non-blocking, the caller closes it), or
 * -errno: no child was made. The child may not have executed yet: until it is reaped the place is
 * taken, and what s and the request point at has to stay.
 */
int spawn_trial(const struct spawner *s, struct spawn_place *place,
	const struct spawn_request *request, pid_t *ret_pid, int *ret_output);

/* The tag of a process; 0 when it has none or may not be asked. */
uint64_t spawn_tag_of(pid_t pid);

/* Direct children of this process, into pids; at most max. Returns how many there are. */
int spawn_children(const struct spawner *s, pid_t *pids, size_t max);

#endif
