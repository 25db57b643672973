/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/callers.h: for inject/trap.c, who made a system call, and of which process they are. */
#ifndef RUNNER_INJECT_CALLERS_H
#define RUNNER_INJECT_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Threads, each once; those beyond are not remembered. */
#define CALLERS_MAX 8
struct callers {
	pid_t tid[CALLERS_MAX];
	size_t n;
};

void callers_add(struct callers *c, pid_t tid);
/* Whether another thread of tid's process is among them. */
bool callers_others(const struct callers *c, pid_t tid);
bool callers_same_process(pid_t a, pid_t b);
/* Whether what the caller holds open can be held in a child that the forker makes. */
bool callers_may_hold_for(pid_t forker, pid_t caller);
bool callers_has_threads(pid_t tid);
/* Of that thread, as /proc writes them; always terminated, "" where it can't be read. */
void callers_read_children(pid_t tid, char *buf, size_t size);

#endif
