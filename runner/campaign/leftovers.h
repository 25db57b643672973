/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * leftovers.h: what trials leave behind that no end of a process takes away: files in /dev/shm
 * (named semaphores among them), POSIX queues, System V objects, temporary files. With --isolate it
 * goes with the trial; else it is told of once.
 *
 * Nothing says who has made a file. So what is new since the campaign began and belongs to this
 * user may be of another program; in the folder for temporary files, where everybody writes, it
 * counts from one file for every second trial on.
 */
#ifndef RUNNER_CAMPAIGN_LEFTOVERS_H
#define RUNNER_CAMPAIGN_LEFTOVERS_H

#include <stdint.h>

struct leftovers;

/* What there is now. */
struct leftovers *leftovers_begin(void);
void leftovers_free(struct leftovers *l); /* NULL-safe */
/* What has come after so many trials: "2 in /dev/shm (a, b), 1 System V semaphore set"; NULL:
 * nothing. The caller frees it. */
char *leftovers_describe(const struct leftovers *l, uint64_t trials);

#endif
