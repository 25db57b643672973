/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/switches.h: which processes of the machine have run. The kernel writes a record into a ring
 * of each processor when a task gets or leaves it (perf_event_switch() in finish_task_switch(),
 * before the task does anything), and when one begins or ends (perf_event_task()). To read them
 * costs as much as has happened, not as much as there is: of thousands of processes most sleep.
 */
#ifndef RUNNER_PROC_SWITCHES_H
#define RUNNER_PROC_SWITCHES_H

#include <stdbool.h>
#include <sys/types.h>

struct switches;

/* NULL: the kernel does not let us (CAP_PERFMON, perf_event_paranoid, a filter), or does not say
 * which processors there are. Free with switches_close(). */
struct switches *switches_open(void);
void switches_close(struct switches *s); /* NULL-safe */

/* Calls ran() for what has happened since the last call, or since switches_open(): a process may be
 * named many times. Pids are of our own namespace; what has none there is left out. False: some of
 * it is lost, so any process may have run. */
bool switches_read(struct switches *s, void (*ran)(void *data, pid_t pid), void *data);

#endif
