/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/facts.h: single facts about a process or thread, read when asked. For reports and messages,
 * where a fact that can't be read is left out; a snapshot reads whole records instead.
 *
 * A tid names a thread of any process: /proc/TID is that thread's process.
 */
#ifndef RUNNER_PROC_FACTS_H
#define RUNNER_PROC_FACTS_H

#include "runner/proc/procfs.h"

#define PROCFS_COMM_SIZE 16

/* The name of a thread; "" where it can't be read. */
void procfs_read_comm(pid_t pid, pid_t tid, char ret_comm[PROCFS_COMM_SIZE]);
/* The parent; 0: there is none, or it can't be read. */
pid_t procfs_read_parent(pid_t pid);
bool procfs_has_thread(pid_t pid, pid_t tid);
/* Minor page faults of a thread; tid 0: of the process and its ended threads. -1: not readable. */
int64_t procfs_read_faults(pid_t pid, pid_t tid);
/* The tid in the innermost pid namespace of the thread itself; tid where that can't be read. */
pid_t procfs_read_inner_tid(pid_t tid);
/* The pure part: the text of a status file. 0: no such line. */
pid_t procfs_parse_inner_pid(const char *text, size_t n);
/* The ids in a status file's line ("NSpid:", "NSpgid:"), one for each pid namespace, ours first:
 * fills at most max, returns how many there are; 0: no such line. */
size_t procfs_parse_ids(const char *text, size_t n, const char *line, pid_t *ret_ids, size_t max);

#endif
