/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc/cgroup.h: what control groups of version 1 may do by themselves. */
#ifndef RUNNER_PROC_CGROUP_H
#define RUNNER_PROC_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The kernel may have been asked to signal an eventfd when something happens to the memory of a
 * control group (cgroup.event_control, version 1 only). Nothing shows whether it was, so: could
 * somebody with the rights of the caller ask, where this process is? Also true when nobody can say.
 */
bool cgroup_may_signal(pid_t pid);

/* Pure: the text of /proc/cgroups. Some hierarchy of version 1 has the memory controller. */
bool cgroup_parse_memory(const char *text, size_t n);

#endif
