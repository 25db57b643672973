/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forking.h: the cells of --spawn zygote: what makes their programs stop at the entry of main(),
 * and whether being forked changes how often they hang.
 */
#ifndef RUNNER_CAMPAIGN_FORKING_H
#define RUNNER_CAMPAIGN_FORKING_H

#include "runner/plan/plan.h"
#include "runner/plan/target.h"
#include "runner/record/record.h"

struct forking {
	char ***environ; /* of each cell; NULL: it is run by exec */
	size_t n;
};

/* 0, or -EOPNOTSUPP with one line in *ret_error (freed by the caller): a program cannot be made to
 * stop there. Call forking_done() in any case. */
int forking_start(struct forking *f, const struct plan *plan, const struct target_list *targets,
	char **ret_error);
void forking_done(struct forking *f);
/* "NAME=value" strings for trials of that cell; NULL: none. */
char *const *forking_environ(const struct forking *f, size_t cell);

/* One line where P(hang) by zygote and by exec differ; NULL: nothing shows that. The caller frees
 * it. */
char *forking_differs(const struct plan *plan, const struct record_campaign *record);

#endif
