/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/report.h: what is told of a command that hangs, as plain text data, and its renderers. The
 * renderers are pure; guard_report_make() reads /proc.
 */
#ifndef RUNNER_GUARD_REPORT_H
#define RUNNER_GUARD_REPORT_H

#include "runner/explain/explain.h"
#include "runner/guard/judge.h"
#include "runner/guard/tree.h"
#include "runner/prove/twice.h"

/* One process; all of them stand in the order of the tree. */
struct guard_report_process {
	pid_t pid;
	size_t depth;
	bool stuck;    /* a thread of it is in the stuck set */
	char *command; /* shell-quoted, bounded, printable */
};

struct guard_report {
	enum guard_verdict verdict;
	char *command;  /* as typed, shell-quoted */
	char *headline; /* one line: what, and the culprit */
	char *summary, *class, *remedy;
	char *see;                /* which scenario is of its kind; NULL none */
	char *details;            /* lines: each thread, what it waits for, its stack */
	char *json;               /* the object of `why --json` */
	char *output;             /* the last lines of its output, NULL where it is not known */
	int64_t ran_ns, quiet_ns; /* since its start; since it was last seen to do something */
	struct guard_report_process *processes;
	size_t n_processes, cap_processes;
	/* Indexes into processes: from the command down to the culprit. 0: nothing is proven. */
	size_t *chain;
	size_t n_chain;
};

/* argv: of the command. r: borrowed. stacks: EXPLAIN_ATTACH stops the threads for a moment. 0 or
 * -errno; on 0 free with guard_report_done(). */
int guard_report_make(const struct guard_judge *j, enum guard_verdict verdict, char *const *argv,
	const struct prove_result *r, enum explain_stacks stacks, struct guard_report *ret_report);
void guard_report_done(struct guard_report *r);

/* The words of /proc/PID/cmdline, quoted, bounded and printable; "[comm]" where it has none, as a
 * zombie. The caller frees. */
char *guard_command_line(pid_t pid, const char *comm);

/* The stuck threads, for the line below the headline; NULL: there are none, or it names them. */
const char *guard_report_chain(const struct guard_report *r);

/* The caller frees. */
char *guard_report_text(const struct guard_report *r);
char *guard_report_md(const struct guard_report *r);
char *guard_report_html(const struct guard_report *r);
char *guard_report_json(const struct guard_report *r);

/* The renderer for a file of that name, by its ending; NULL where there is none. */
typedef char *(*guard_report_fn)(const struct guard_report *r);
guard_report_fn guard_report_format(const char *path);

#endif
