/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/machine.h: the processes of the machine, and which of them `why` is asked about: by id,
 * by name, by control group, or all that may be read. The selection is pure; machine_read() and
 * machine_select_cgroup() read.
 */
#ifndef RUNNER_GUARD_MACHINE_H
#define RUNNER_GUARD_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct machine_process {
	pid_t pid, ppid, session;
	char comm[16];
	bool readable; /* what its threads wait for may be read */
	bool selected;
};

/* Sorted by pid. Free with machine_done(). */
struct machine {
	struct machine_process *processes;
	size_t n, cap;
};

/* Kernel threads are left out, and so are we. 0 or -errno. */
int machine_read(struct machine *ret_machine);
void machine_done(struct machine *m);

/* Each marks processes and returns how many there were. */
size_t machine_select_pid(struct machine *m, pid_t pid);
size_t machine_select_name(struct machine *m, const char *name);
size_t machine_select_all(struct machine *m); /* those that may be read */
/* Those of a control group and of the groups below it. path: from the root of the file system or
 * from that of the control groups. -errno. */
ssize_t machine_select_cgroup(struct machine *m, const char *path);

/* Moves each selection up to the topmost process of its session above it. */
void machine_widen(struct machine *m);

/*
 * The roots of the trees to look at: the selected processes that have no selected ancestor. An init
 * that only adopts the orphans of the machine is no root of all that, when it has children: they
 * are. The caller frees *ret_roots.
 */
size_t machine_roots(const struct machine *m, pid_t **ret_roots);

#endif
