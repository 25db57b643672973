/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * isolate.h: namespaces of its own for a trial: network (with a working loopback) and System V IPC,
 * and a user namespace where the caller is not privileged. Then "everyone in the same network
 * namespace" is the trial itself, and a blocked accept() can be proven.
 *
 * There is no pid namespace: its first process ignores every signal that it does not catch
 * (pid_namespaces(7)), which would change the very programs that are measured; and nothing needs
 * it, for a trial's processes are owned by its keeper (keeper.h).
 */
#ifndef RUNNER_TRIAL_ISOLATE_H
#define RUNNER_TRIAL_ISOLATE_H

#include <stdbool.h>

struct isolate {
	bool user; /* a user namespace is needed */
	char uid_map[32], gid_map[32];
};

/* Prepares, and tries it in a child once. 0 or -errno: this machine does not allow it. */
int isolate_prepare(struct isolate *ret_isolate);
/* In the child: system calls only. 0 or -errno. */
int isolate_enter(const struct isolate *i);

#endif
