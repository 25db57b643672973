/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/internal.h: what the files of the snapshot share. Nobody else includes it.
 *
 * One collect runs in this order: the tree is walked and each thread read (snapshot/tree.c), each
 * blocked call decoded (snapshot/call.c) and turned into objects with their possible wakers inside
 * the tree (snapshot/wait/futex.c, _fd.c, _sock.c, _poll.c, _child.c, _lock.c, _signal.c); for the
 * threads that could then be stuck, what is dear to find out is found out: timers, io_uring,
 * holders elsewhere on the machine (snapshot/settle.c, _outside.c).
 */
#ifndef RUNNER_SNAPSHOT_INTERNAL_H
#define RUNNER_SNAPSHOT_INTERNAL_H

#include <sys/stat.h>

#include "runner/proc/procfs.h"
#include "runner/snapshot/snapshot.h"
#include "runner/snapshot/call.h"
#include "runner/base/util.h"

struct fd_entry {
	int fd;
	enum procfs_link kind;
	uint64_t dev, inode; /* pipe, socket: dev 0; path: of the file; eventfd: dev 0 and its id */
	mode_t type;         /* path: S_IFMT bits */
	uint64_t rdev;
	bool read, write; /* how it is open */
	pid_t tid;        /* the thread whose own table it is in, 0: the process's */
};

struct fd_table {
	struct fd_entry *entries;
	size_t n, cap;
	int error; /* 0, or why it could not be read */
};

/* What is known about a process beyond struct process. */
struct process_aux {
	int dir; /* /proc/PID, -1 unreadable */
	/* A thread that has not ended: the leader, or /proc/PID/task/TID of another when the leader
	 * has, since then fd, maps and mem of /proc/PID are empty. */
	int live;
	pid_t live_tid;
	int pidfd;   /* -1 not opened yet */
	int netlink; /* for another network namespace than ours, 0 not opened yet */
	pid_t pgrp;
	pid_t tracer;
	bool fds_known;
	struct fd_table fds;
	pid_t *own_tids; /* threads with a table of their own, which is in fds too */
	size_t n_own, cap_own;
	char *maps; /* text, NULL not read yet */
	size_t maps_n;
};

struct collect {
	struct snapshot *s;
	const struct snapshot_options *options;
	int proc;                /* /proc */
	struct process_aux *aux; /* parallel to s->processes */
	size_t cap_aux;
	int netlink;           /* sock_diag of our own network namespace, 0 not opened yet */
	uint64_t tcp_wmem_max; /* 0 not read yet */
	int64_t scheduler_to_monotonic; /* added to the scheduler's clock of one processor */
	int scheduler_cpu;              /* which; -1: not known */
	struct procfs_armed armed;      /* on the whole machine; both where nobody can say */
	bool armed_known;
	bool churn;      /* someone came or went meanwhile: the tree may be incomplete */
	bool incomplete; /* the tree can't be known at all */
	char buffer[65536];
};

/* snapshot/tree.c. 0; -ESRCH/-EACCES/-EPERM for root. */
int tree_walk(struct collect *c, pid_t root);
bool tree_same(struct collect *c); /* walk again, list only: nobody came or went */
/* Threads that hold something: all but zombies. */
bool thread_alive(const struct thread *t);
bool process_alive(const struct snapshot *s, size_t process);

/* snapshot/scheduling.c: last_ran_ns, runtime_ns. */
void scheduling_calibrate(struct collect *c);
void scheduling_read(struct collect *c, int tasks, struct thread *t);

/* snapshot/object.c */
void thread_mark_runnable(struct thread *t, enum rest rest, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The object with this key, new or known; *ret_new tells. The index stays valid. */
size_t object_intern(struct collect *c, const struct object *key, bool *ret_new);
void object_add_process(struct collect *c, size_t object, size_t process);
void object_set_external(struct collect *c, size_t object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void thread_add_object(struct collect *c, size_t thread, size_t object);
/* Bytes of another process's memory: 0 or -errno, never a part. */
int memory_read(
	const struct collect *c, size_t process, uint64_t address, void *ret_bytes, size_t n);

/* snapshot/fd.c */
void fd_table_read(int process_dir, struct fd_table *ret_table);
void fd_table_done(struct fd_table *t);
/* Fills in what the link alone does not tell. -errno: closed meanwhile. */
int fd_entry_complete(int process_dir, int fd_dir, struct fd_entry *e);
bool process_has_io_uring(struct collect *c, size_t process); /* true also when nobody can say */
int fdinfo_read(int process_dir, int fd, struct procfs_fdinfo *ret_info);
/* Of the process, read at the first use. */
const struct fd_table *process_fds(struct collect *c, size_t process);
/* Of one thread: the process's, unless it has a table of its own. NULL: no such fd. */
const struct fd_entry *thread_fd(struct collect *c, size_t thread, int fd);
int thread_fdinfo(struct collect *c, size_t thread, int fd, struct procfs_fdinfo *ret_info);
/* A descriptor of ours for the same open file, to be closed at once; -errno. */
int process_dup_fd(struct collect *c, size_t process, const struct fd_entry *e);
bool fd_is_pipe(const struct fd_entry *e);
/* True when holding e means that one can end the wait on the object (data). */
bool object_matches_fd(const struct fd_entry *e, const void *data);
typedef bool (*fd_match_fn)(const struct fd_entry *e, const void *data);
void object_add_holders(struct collect *c, size_t object, fd_match_fn match, const void *data);
size_t object_for_pipe(
	struct collect *c, size_t process, const struct fd_entry *e, enum wait_kind wait);
/* Adds what a wait on this file is for, or says why the thread is not at rest. Direction is that of
 * the pipe or socket: WAIT_PIPE_READ for anything that reads. */
void resolve_entry(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled);
/* Marks an eventfd that the kernel itself may signal. */
void eventfd_judge(struct collect *c, size_t object);
/* read, write, accept, connect and their kin. */
void resolve_fd(struct collect *c, size_t thread, const struct call *call);

/* snapshot/wait/socket.c: the wait of this thread on this socket. */
void resolve_socket(struct collect *c, size_t thread, const struct fd_entry *e, enum wait_kind wait,
	bool polled);

/* NULL, or why some descriptor may be on its way inside a Unix socket. */
const char *fds_in_flight(struct collect *c);

/* snapshot/wait/poll.c */
/* Is it, in a process beyond the tree, the epoll that this object stands for? */
bool epoll_matches_fd(const struct object *o, pid_t pid, const struct fd_entry *e);
void resolve_poll(struct collect *c, size_t thread, const struct call *call);
void resolve_select(struct collect *c, size_t thread, const struct call *call);
void resolve_epoll(struct collect *c, size_t thread, const struct call *call);

/* snapshot/wait/file_lock.c: flock and fcntl locks. */
void resolve_lock(struct collect *c, size_t thread, const struct call *call);

/* snapshot/wait/futex.c */
void mm_assign(struct collect *c);
/* The parent beyond the tree has, or may have, the same memory. */
bool mm_is_same(struct collect *c, size_t process, pid_t stranger);
bool mm_is_external(struct collect *c, size_t process);
bool maps_have_aio(struct collect *c, size_t process); /* true also when nobody can say */
void resolve_futex(struct collect *c, size_t thread, const struct call *call);
void resolve_futexv(struct collect *c, size_t thread, const struct call *call);

/* snapshot/wait/child.c */
void resolve_child(struct collect *c, size_t thread, const struct call *call);
void resolve_vfork(struct collect *c, size_t thread, const struct call *call);

/* snapshot/wait/signal.c */
void resolve_signal(struct collect *c, size_t thread, const struct call *call);
/* Marks it outside where the kernel itself may send a signal: an alarm may be set. */
void signal_judge(struct collect *c, size_t object);

/* snapshot/timer.c */
/* Timers that are armed somewhere on the machine, read at the first use. */
const struct procfs_armed *timers_armed(struct collect *c);
/* NULL, or why a timer may be armed that sends this process a signal that it catches or waits for.
 */
const char *timer_judge(struct collect *c, size_t process);

/* snapshot/settle.c */
void settle(struct collect *c);

/* snapshot/external.c: marks the objects of these threads that somebody beyond the tree can touch.
 */
void external_search(struct collect *c, const bool *stuck);

#endif
