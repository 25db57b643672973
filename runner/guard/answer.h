/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/answer.h: what `why` says of several trees: one answer a tree, worst first, and what became
 * stuck since the last time. Reads /proc only.
 */
#ifndef RUNNER_GUARD_ANSWER_H
#define RUNNER_GUARD_ANSWER_H

#include "runner/explain/explain.h"

#include <sys/types.h>

struct answer {
	pid_t root; /* of the tree that was looked at */
	pid_t pid;  /* the lowest process of it that all stuck ones belong to, or the root */
	char *command;
	enum explain_outcome outcome;
	bool whole; /* that process itself can never end */
	int error;  /* -errno: the tree could not be read, and nothing is known about it */
	size_t n_processes, n_stuck;
	char *summary, *class;
	char *text, *json; /* of a tree that was explained, else NULL */
	uint64_t key;      /* the same stuck threads: the same key; 0: none is stuck */
};

struct answers {
	struct answer *list; /* worst first */
	size_t n;
	size_t n_stuck, n_asleep,
		n_unreadable; /* asleep: also those stuck unless a condition ... */
};

/* Looks at each tree. details: explain those, too, in which nothing is stuck. */
void answers_collect(const pid_t *roots, size_t n, enum explain_stacks stacks, bool details,
	struct answers *ret_answers);
void answers_done(struct answers *a);

/* The caller frees. all: trees that are not stuck, too. since: leaves out what was stuck then. */
char *answers_text(const struct answers *a, bool all, const struct answers *since);
char *answers_json(const struct answers *a);
char *answers_openmetrics(const struct answers *a);

#endif
