/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/uring.h: what the machine as a whole tells of io_uring. Of a single process /proc shows a
 * ring only by its descriptor and its mapping, and a ring needs neither.
 */
#ifndef RUNNER_PROC_URING_H
#define RUNNER_PROC_URING_H

#include <stdbool.h>

/* The kernel can have a ring that no descriptor and no mapping shows: one that a thread has
 * registered (Linux 5.18), where io_uring is not forbidden to everybody. */
bool uring_can_hide(void);

/* Some ring of the machine may have a request under way; also true when nobody can say. A ring
 * without requests does nothing by itself. Only root can learn that there are none. */
bool uring_may_act(void);

/* For tests: the same, going by the kernel's folder about its cache of requests. */
bool uring_may_act_by(const char *slab);

#endif
