/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pending.h: which trials of a plan are not in the record yet, as a line of text that the record
 * keeps. A campaign that was stopped goes on from there: no trial is lost and none is run twice.
 * Pure.
 */
#ifndef RUNNER_PLAN_PENDING_H
#define RUNNER_PLAN_PENDING_H

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise; free with pending_done(). */
struct pending {
	uint64_t next; /* no trial at this position of the plan, or behind it, has been taken */
	uint64_t *at;  /* before it: taken, and not over */
	size_t n, cap;
};
void pending_done(struct pending *p);

/* A trial was taken off the plan; it is over, and counted. Taking one again changes nothing. */
void pending_add(struct pending *p, uint64_t position);
void pending_over(struct pending *p, uint64_t position);

/* "NEXT AT AT ...", decimal; the caller frees it. */
char *pending_format(const struct pending *p);
/* 0; -EINVAL: no such line, or a position that is not before NEXT, or stands there twice. */
int pending_parse(const char *text, struct pending *ret_pending);

#endif
