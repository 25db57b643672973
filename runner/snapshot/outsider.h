/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot/outsider.h: one process beyond the tree. Used in snapshot/ only. */
#ifndef RUNNER_SNAPSHOT_OUTSIDER_H
#define RUNNER_SNAPSHOT_OUTSIDER_H

#include "runner/snapshot/fd.h"
#include "runner/snapshot/outsiders.h"

struct outsider_file {
	uint64_t dev, inode;
};

/* How often a thread has been on a CPU. */
struct outsider_runs {
	pid_t tid;
	uint64_t n;
};

struct outsider {
	pid_t pid;
	uint64_t id; /* of its directory in /proc: tells a reused pid apart */
	bool kernel; /* has no descriptors and no memory */
	bool unreadable;
	bool slept;          /* while it was read: what follows holds as long as it doesn't run */
	int64_t read_ns;     /* when that began */
	bool ran_known, ran; /* since the tree began; asked once a search */
	struct outsider_runs *runs;
	size_t n_runs, cap_runs;
	struct fd_table fds; /* of all its threads: tid 0 where they share one table */
	bool maps_known, maps_unreadable;
	bool maps_ring;             /* of an io_uring or of AIO */
	struct outsider_file *maps; /* mapped files; a mapping counts as an open file */
	size_t n_maps, cap_maps;
};

struct pids {
	pid_t *all;
	size_t n, cap;
};

struct outsiders {
	struct outsider *all; /* by pid */
	size_t n, cap;
	/* NULL: not had, or not worth it; then each is asked whether it has run. */
	struct switches *switches;
	bool switches_refused;
	struct pids ran; /* to be read again: by the switches, and what was in the tree last time */
};

/* Lists the machine, without the tree; reads the processes that are new or have run. 0 or -errno.
 */
int outsiders_refresh(struct collect *c, struct outsiders *o);
/* Only what has run since the tree began can have been sent something by it. */
bool outsider_ran_since_start(struct collect *c, struct outsider *o);
/* A descriptor of ours for the same open file, to be closed at once; -errno. */
int outsider_dup_fd(const struct outsider *o, const struct fd_entry *e);
int outsider_fdinfo(struct collect *c, const struct outsider *o, const struct fd_entry *e,
	struct procfs_fdinfo *ret_info);
/* Some thread sleeps in a call that has a file whose number is closed: no table shows what it is.
 */
bool outsider_has_closed_file(struct collect *c, const struct outsider *o);
/* Fills maps at the first use; false: not to be read. */
bool outsider_read_maps(struct collect *c, struct outsider *o);

#endif
