/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd/why.h: what the files of `hangrate why` share: its options.
 */
#ifndef RUNNER_CMD_WHY_H
#define RUNNER_CMD_WHY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct why_options {
	pid_t pid;    /* the only one that was asked for; 0: several */
	char **names; /* ids and names, NULL-terminated */
	bool all, tree, json, dot, stacks;
	const char *cgroup, *container;
	int64_t watch_ns; /* 0: once */
	const char *metrics;
};

/* why_many.c: of several trees. The exit status. */
int why_many(const struct why_options *o);

/* One line on standard error about a process that cannot be read; the exit status. */
int why_complain(pid_t pid, int error);

#endif
