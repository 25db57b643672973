/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/fd.h: tables of file descriptors, of the tree's processes and of others. Used in
 * snapshot/ only.
 */
#ifndef RUNNER_SNAPSHOT_FD_H
#define RUNNER_SNAPSHOT_FD_H

#include <sys/stat.h>

#include "runner/proc/procfs.h"
#include "runner/snapshot/snapshot.h"

struct collect;

struct fd_entry {
	int fd;
	enum procfs_link kind;
	uint64_t dev, inode; /* pipe, socket: dev 0; path: of the file; eventfd: dev 0 and its id */
	mode_t type;         /* path: S_IFMT bits */
	uint64_t rdev;
	bool linked;      /* path: the file still has a name somewhere */
	bool read, write; /* how it is open */
	pid_t tid;        /* the thread whose own table it is in, 0: the process's */
};

struct fd_table {
	struct fd_entry *entries;
	size_t n, cap;
	int error; /* 0, or why it could not be read */
};

void fd_table_read(int process_dir, struct fd_table *ret_table);
void fd_table_done(struct fd_table *t);
/* Fills in what the link alone does not tell. -errno: closed meanwhile. */
int fd_entry_complete(int process_dir, int fd_dir, struct fd_entry *e);
bool process_has_io_uring(struct collect *c, size_t process); /* true also if unknown */
int fdinfo_read(int process_dir, int fd, struct procfs_fdinfo *ret_info);
/* Of the process, read at the first use. */
const struct fd_table *process_fds(struct collect *c, size_t process);
/* Of one thread: the process's, unless it has a table of its own. NULL: no such fd. */
const struct fd_entry *thread_fd(struct collect *c, size_t thread, int fd);
int thread_fdinfo(struct collect *c, size_t thread, int fd, struct procfs_fdinfo *ret_info);
/* Of a descriptor in the process's table or in that of one of its threads. */
int entry_fdinfo(struct collect *c, size_t process, const struct fd_entry *e,
	struct procfs_fdinfo *ret_info);
/* A descriptor of ours for the same open file, to be closed at once; -errno. */
int process_dup_fd(struct collect *c, size_t process, const struct fd_entry *e);

/* Each process that has e in the descriptor table of thread tid can end the wait on the object. */
typedef bool (*object_holds_fn)(const struct object *o, pid_t tid, const struct fd_entry *e);
/* Adds every process of the tree that holds it, or whose table can't be read. */
void object_add_holders(struct collect *c, size_t object, object_holds_fn holds);

#endif
