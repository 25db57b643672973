/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard.h: runs one command as if we were not there, watches its process tree from outside, and
 * says who hangs and why when it does. No preload, no injection, no namespace, no tracing of a
 * command that is healthy.
 */
#ifndef RUNNER_GUARD_GUARD_H
#define RUNNER_GUARD_GUARD_H

#include "runner/guard/command.h"
#include "runner/guard/judge.h"
#include "runner/guard/report.h"
#include "runner/guard/tree.h"
#include "runner/guard/watch.h"

struct guard_options {
	struct guard_limits limits;
	int64_t kill_after_ns; /* from SIGTERM to SIGKILL */
	bool keep;             /* report only, never end the command */
	bool stall_given;      /* by the user: end a stalled command that nothing may wake */
	bool end_stalled;      /* end a command that is stalled in any case */
	bool reap;             /* end who holds the output after the command */
	const char *on_hang;   /* a shell command, NULL none */
	const char **reports;  /* files; their endings tell the format */
	size_t n_reports;
};

/* The status of a command that we have ended, as that of timeout(1). */
#define GUARD_EXIT_ENDED 124

/* The exit status to leave with; does not return where the command ended by itself. argv[0] is what
 * is run. */
int guard_run(const struct guard_options *options, char *const *argv);

/* guard/stall.c: what in a stalled tree may go on by itself, in words: a sleep, a timer, a thread
 * that nobody can look at. NULL: nothing does. The caller frees. */
char *guard_stall_reason(struct guard_watch *w);

/* guard/end.c: stops every process of the tree, so that its stacks can be taken. */
void guard_freeze(const struct prove_result *r);
/* Ends the tree: SIGTERM, and SIGKILL for those that are left. Returns when the command is gone. */
void guard_end(struct guard_command *c, struct guard_tree *t, int64_t kill_after_ns);

/* guard/hook.c: runs the shell command of --on-hang and waits for it, for a bounded time. */
void guard_hook(const char *shell, struct guard_command *c, const struct guard_report *r,
	const struct guard_output *o);

/* guard/leftover.c: reports processes that hold the command's output although it has ended. t: as
 * last seen. */
void guard_leftovers(const struct guard_command *c, const struct guard_tree *t,
	const struct guard_output *o, bool reap);

/* guard/ci.c: what GitHub Actions or GitLab want to see around a report; NULL where the environment
 * is not theirs. The caller frees. Pure but for getenv(). */
char *guard_ci_text(const struct guard_report *r, const char *text);
/* Appends to the step summary of GitHub Actions, where there is one. */
void guard_ci_summary(const struct guard_report *r);
/* A workflow command of GitHub Actions. Pure; the caller frees. */
char *guard_ci_annotation(const char *kind, const char *message);

#endif
