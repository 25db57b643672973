/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lint.h: what children of forks beside threads did that POSIX does not allow them. Hears of it by
 * the preload (lib/preload_lint.c), one connection a child; each child waits while it is looked at.
 */
#ifndef RUNNER_LINT_LINT_H
#define RUNNER_LINT_LINT_H

#include "runner/lint/fold.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One kind of misstep, in words; the caller frees nothing, lint_free() does. */
struct lint_finding {
	char *what;   /* "the child calls malloc, which is not async-signal-safe" */
	char *fork;   /* "forked by thread 12 of 3: \"main\", \"worker\", ..." */
	char **held;  /* one line for each lock that another thread held at the fork */
	char **stack; /* of the call, innermost first */
	size_t n_held, cap_held, n_stack, cap_stack;
	uint64_t count;
	enum lint_fold fold;
};

struct lint {
	int listener;
	char name[64]; /* the value of HANGRATE_LINT */
	struct lint_finding *findings;
	size_t n_findings, cap_findings;
	struct lint_child *children;
	size_t n_children, cap_children;
	uint64_t n_forks;      /* that were watched, each by its child */
	uint32_t most_threads; /* of a process at such a fork */
	pid_t *watched;        /* their children */
	size_t n_watched, cap_watched;
};

/* Listens. 0 or -errno; on 0 lint_done() must follow. */
int lint_init(struct lint *l);
void lint_done(struct lint *l);
/*
 * Waits for children to tell something, until `fd` is readable or timeout_ms is over, and takes it
 * down. 1: fd is readable; 0: something was heard; -ETIMEDOUT: nothing was; other -errno.
 */
int lint_serve(struct lint *l, int fd, int timeout_ms);

#endif
