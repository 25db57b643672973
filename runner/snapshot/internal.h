/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/internal.h: what the files of the snapshot share. Only they include it.
 *
 * One collect runs in this order: the tree is walked and each thread read (tree.c), each blocked
 * call decoded (call.c) and turned into objects with their possible wakers inside the tree (wait/);
 * the expensive checks are made for the threads that could then be stuck: timers, io_uring, holders
 * elsewhere on the machine (settle.c, external.c).
 */
#ifndef RUNNER_SNAPSHOT_INTERNAL_H
#define RUNNER_SNAPSHOT_INTERNAL_H

#include "runner/proc/procfs.h"
#include "runner/snapshot/call.h"
#include "runner/snapshot/fd.h"
#include "runner/snapshot/memory.h"
#include "runner/snapshot/snapshot.h"
#include "runner/base/util.h"

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
	uint64_t tty; /* its terminal, 0 none */
	bool traced;  /* one of its threads is */
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
	struct procfs_armed armed;      /* on the whole machine; both if unknown */
	bool armed_known;
	bool rings_known, rings_act; /* some io_uring of the machine may act (ring.c) */
	bool sigio_known, sigio;     /* some file beyond the tree sends SIGIO */
	bool edge;       /* what is being added to a poll is watched edge-triggered (EPOLLET) */
	bool churn;      /* a process came or went meanwhile: the tree may be incomplete */
	bool incomplete; /* the tree can't be known at all */
	bool strangers_known, strangers_have_names; /* stranger.c */
	bool stalled; /* a thread may hold a lock of the kernel in its sleep */
	char buffer[65536];
};

/* snapshot/tree.c. 0; -ESRCH/-EACCES/-EPERM for root. */
int tree_walk(struct collect *c, pid_t root);
bool tree_same(struct collect *c); /* walk again, list only: no process came or went */
/* Threads that hold something: all but zombies. */
bool thread_alive(const struct thread *t);
bool process_alive(const struct snapshot *s, size_t process);

/* snapshot/place.c */
/* Marks the threads that sleep somewhere else than their wait would, and notes in c->stalled
 * whether some thread may hold a lock of the kernel in its sleep. */
void places_check(struct collect *c);

/* snapshot/scheduling.c: last_ran_ns, runtime_ns. */
void scheduling_calibrate(struct collect *c);
void scheduling_read(struct collect *c, int tasks, struct thread *t);
/* Some thread of the process may have run since the root of the tree began. */
bool scheduling_ran_since_start(struct collect *c, pid_t pid);
int64_t scheduling_root_started_ns(const struct collect *c);

/* snapshot/object.c */
void thread_mark_runnable(struct thread *t, enum rest rest, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The object with this key, new or known; *ret_new tells. The index stays valid. */
size_t object_intern(struct collect *c, const struct object *key, bool *ret_new);
void object_add_process(struct collect *c, size_t object, size_t process);
/* The whole tree: for what has no holders, only a name. */
void object_add_everyone(struct collect *c, size_t object);
void object_set_external(struct collect *c, size_t object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A condition of the object or the thread (see snapshot.h); the first one stands. */
void object_set_unless(struct collect *c, size_t object, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void thread_set_unless(struct thread *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void thread_add_object(struct collect *c, size_t thread, size_t object);
/* snapshot/wait/: what waits elsewhere in a snapshot need of a kind. */
/* Adds what a wait on this file is for, or says why the thread is not blocked for good. Direction
 * is that of the pipe or socket: WAIT_PIPE_READ for anything that reads. */
void resolve_entry(
	struct collect *c, size_t thread, const struct fd_entry *e, bool writes, bool polled);
/* The wait of this thread on this socket. */
void resolve_socket(struct collect *c, size_t thread, const struct fd_entry *e, enum wait_kind wait,
	bool polled);
/* Numbers of the process mean the same here (wait/child.c). */
bool same_pid_namespace(const struct collect *c, size_t process);
/* A netlink socket for the network namespace that the process is in, or -errno. */
int netlink_for(struct collect *c, size_t process);
/* snapshot/flight.c: NULL, or why some descriptor may be on its way inside a Unix socket. */
const char *fds_in_flight(struct collect *c, const struct outsiders *o);

/* snapshot/stranger.c: could this process, which may not be read, hold what the tree waits on? */
bool stranger_may_hold(struct collect *c, const struct outsiders *o, pid_t pid);
/* The one that looks, or one of its ancestors? True also if unknown. */
bool is_self_or_ancestor(struct collect *c, pid_t pid);
/* Could a process that /proc does not list? NULL, or how. */
const char *unlisted_may_hold(struct collect *c, const struct outsiders *o);

/* snapshot/ipc.c: the trial has an IPC namespace of its own (--isolate), which nobody else enters.
 */
bool ipc_is_closed(struct collect *c, size_t process);
/* It is the runner's own: System V numbers mean the same here. */
bool ipc_is_ours(struct collect *c, size_t process);

/* snapshot/sender.c: marks everybody where some file of the tree makes the kernel send signals. */
void senders_judge(struct collect *c);
/* Marks everybody: process pid has such a file, called what. */
void senders_mark(struct collect *c, pid_t pid, const char *what);
/* Can the kernel send a signal for this file at all? */
bool sender_may_be(const struct fd_entry *e);
/* Whom the file sends signals to: a process, a group as its negative, 0 nobody. */
pid_t file_owner(int fd);
bool tree_catches(const struct collect *c, int signo);
/* snapshot/sender_outside.c: the same for files that other processes have. */
void senders_search(struct collect *c, struct outsiders *o);
bool signals_matter(const struct collect *c);

/* snapshot/timer.c */
/* Timers that are armed somewhere on the machine, read at the first use. */
const struct procfs_armed *timers_armed(struct collect *c);
/* Fills the process's timer_unless. Makes the threads of a process that catches the signals of CPU
 * time wakers of each other: such a timer goes on only while one of them runs. */
void timers_judge(struct collect *c, size_t process);
void timers_judge_all(struct collect *c); /* process.timer_unless only */

/* snapshot/ring.c: fills the process's ring_unless. */
void rings_judge(struct collect *c, size_t process);

/* snapshot/sigio.c: some process beyond the tree has a file that sends SIGIO to whom it chose. */
bool sigio_from_outside(struct collect *c);

/* snapshot/settle.c */
void settle_candidates(struct collect *c);

/* snapshot/external.c: marks the objects of these threads that a process beyond the tree can touch.
 */
void external_search(struct collect *c, const bool *stuck);

#endif
