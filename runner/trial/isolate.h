/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isolate.h: namespaces of its own for a trial: network (with a working loopback), System V IPC and
 * POSIX queues, and a user namespace where the caller is not privileged. Then "everyone in the same
 * network namespace" is the trial itself, and a blocked accept() can be proven.
 *
 * Where /proc may be mounted, also a pid namespace with a tiny init (init.h) as its first process,
 * for that one ignores every signal that it does not catch (pid_namespaces(7)): the program is
 * number 2. kill(-1) reaches the trial alone, and the kernel ends all of it at once. With it come
 * mounts of its own: /proc, an empty /dev/shm, and a /tmp whose changes go with the trial.
 */
#ifndef RUNNER_TRIAL_ISOLATE_H
#define RUNNER_TRIAL_ISOLATE_H

#include <stdbool.h>

struct isolate {
	bool user; /* a user namespace is needed */
	bool pid;  /* a pid namespace is possible */
	char uid_map[32], gid_map[32];
};

/* Prepares, and tries it in a child. 0 or -errno: this machine does not allow it. */
int isolate_prepare(struct isolate *ret_isolate);
/* Why it does not, and what to do, in one line; the caller frees it. */
char *isolate_explain(int error);
/* For clone(2), or for unshare(2) without a pid namespace: CLONE_NEW*. */
int isolate_flags(const struct isolate *i);
/* In the first process of the new namespaces: system calls only. 0 or -errno. */
int isolate_enter(const struct isolate *i);

#endif
