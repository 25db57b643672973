/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc/cgroup.h: what control groups of version 1 may do by themselves. */
#ifndef RUNNER_PROC_CGROUP_H
#define RUNNER_PROC_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * From now on it is seen when somebody has the kernel signal an eventfd (a write to
 * cgroup.event_control, by fanotify(7)): call it before what is watched begins. Where that is not
 * to be had, cgroup_may_signal() says what could be. first: whose descriptors the watched
 * processes inherit. Must not be called twice before cgroup_unwatch().
 */
void cgroup_watch(pid_t first);
/* To be called now and then: the kernel keeps some thousand events, and one lost counts as asked.
 */
void cgroup_watch_on(void);
void cgroup_unwatch(void);

/*
 * The kernel may have been asked to signal an eventfd of this process when something happens to the
 * memory of a control group (version 1 only). Under watch: somebody has asked since. Where a watch
 * was refused: somebody with the rights of the caller could, where this process is. Nobody watches,
 * because the process was there before: it has a file of such a group open, as who asks does; one
 * that has closed it is not seen. Also true when nobody can say.
 */
bool cgroup_may_signal(pid_t pid);

/* Pure: the text of /proc/cgroups. Some hierarchy of version 1 has the memory controller. */
bool cgroup_parse_memory(const char *text, size_t n);

#endif
