/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot.h: a process tree at one instant, as plain data: who is there, what each thread waits
 * on, and who could wake it.
 *
 * snapshot_collect() only reads (/proc, sock_diag, dup'ed fds): it stops, traces and changes
 * nothing. Everything it can't read or doesn't know becomes a thread that is not at rest, or an
 * object with `outside` set: the proof then fails closed. prove.c, explain.c and the tests use the
 * structs only.
 */
#ifndef RUNNER_SNAPSHOT_SNAPSHOT_H
#define RUNNER_SNAPSHOT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a thread is blocked on: WAIT_NONE is not blocked, or not in a way that we know (see enum
 * rest); the others are the rows of wait/kinds.def. */
enum wait_kind {
	WAIT_NONE,
#define WAIT_KIND(id, ...) WAIT_##id,
#include "runner/snapshot/wait/kinds.def"
#undef WAIT_KIND
	WAIT_KIND_COUNT,
};
const char *wait_kind_name(enum wait_kind k);

/* Whether the thread is at rest in the sense of the proof rule, and if not, why not. */
enum rest {
	REST_YES,
	REST_RUNNING, /* on a CPU, or runnable */
	REST_TIMED,   /* waits with a timeout (poll, nanosleep, SO_RCVTIMEO, futex with time) */
	REST_DISK,    /* uninterruptible */
	REST_STOPPED, /* by a signal or a tracer */
	REST_SIGNAL,  /* an unblocked signal is pending, or it waits for a signal */
	REST_TIMER,   /* the process has an armed timer or catches SIGALRM/SIGVTALRM/SIGPROF */
	REST_UNKNOWN_CALL, /* a system call that is not on the list */
	REST_UNREADABLE,   /* /proc would not say */
	REST_EXTERNAL,     /* an object whose wakers can't be known (tty, device, inotify, queue) */
	REST_EXITING,      /* zombie or dying: it cannot wait, but what it leaves may wake others */
	REST_COUNT,
};
const char *rest_name(enum rest r); /* in words: "sleeps with a timeout" */

enum object_kind {
	OBJECT_FUTEX_PRIVATE, /* key: memory (mm index) and address */
	OBJECT_FUTEX_SHARED,  /* key: device, inode, offset of the mapping */
	OBJECT_PIPE,          /* key: device and inode; FIFOs too */
	OBJECT_SOCKET,        /* key: inode of the waiting side; peer_inode the other's */
	OBJECT_EVENTFD,
	OBJECT_CHILDREN, /* wakers are the children asked for */
	OBJECT_FILE_LOCK,
	OBJECT_FILE,   /* any other open file; key: device and inode */
	OBJECT_IPC,    /* no descriptor: reached by a number or a name */
	OBJECT_SIGNAL, /* key: memory; wakers: who could install a handler for the thread */
	OBJECT_OTHER,  /* regular file, tty, timerfd, ...: always outside or ready; or an epoll
			  itself */
	OBJECT_KIND_COUNT,
};

#define OBJECT_MAX_NAME 96
#define UNLESS_MAX 160

/* Something that is waited on, in one direction: the read and the write wait on one pipe are two
 * objects, since different processes can end them. */
struct object {
	enum object_kind kind;
	enum wait_kind wait; /* the direction */
	uint64_t dev, inode; /* pipe, socket, lock, shared futex */
	uint64_t address;    /* futex: in the waiting process */
	uint64_t offset;     /* shared futex: in the file; eventfd: which way (wait/eventfd.c) */
	size_t process;      /* futex: index of one process that has this memory */
	pid_t holder;        /* file lock: pid that holds it, 0 unknown */
	bool owned;          /* file lock: every lock on the file is one that the tree has */
	bool adopts; /* children: an orphan of the whole pid namespace would be one of them */
	/* Who can end the wait: indexes into snapshot.threads (futex: the threads of every process
	 * that has the memory; fds: every thread of every process that holds the other end; ...).
	 * The waiting thread itself may be listed: a thread that waits can't wake itself. Somebody
	 * always is: an empty list means that the collect missed the one who can, and frees. What
	 * else the collector owes to the proof: docs/proof.md. */
	size_t *wakers;
	size_t n_wakers, cap_wakers;
	/* Anybody in the tree who lives can come to hold it: by /proc/PID/fd, pidfd_getfd(), a
	 * name, a message. So one live thread is enough to free its waiters. */
	bool within_reach;
	bool external;                      /* something outside the tree, or unknown, can end it */
	char external_why[OBJECT_MAX_NAME]; /* "held by pid 12 'journald'", "tty", ... */
	/* A condition under which somebody who can't end the wait now could come to: it completes
	 * "stuck unless ...", as in "somebody opens /run/x". "" none. Only for what may never
	 * happen and is nobody's plain job: who has the object now makes it external. */
	char unless[UNLESS_MAX];
	/* Explanation, -1 where unknown. */
	uint32_t futex_word;
	bool futex_word_known;
	int64_t fill, capacity; /* pipe: bytes; socket: see sendq and recvq */
	int64_t sendq, recvq;   /* of the waiting side */
	int64_t peer_sendq, peer_recvq;
	uint64_t peer_inode;
	char name[OBJECT_MAX_NAME]; /* "pipe:[123]", "tcp 127.0.0.1:80-127.0.0.1:4711", path */
};

struct thread {
	pid_t tid;
	size_t process; /* index into snapshot.processes */
	char comm[16];
	char state; /* as in /proc/PID/stat: R S D T t Z X */
	enum rest rest;
	char rest_why[OBJECT_MAX_NAME]; /* the detail: "poll with timeout 100 ms", "read of a tty"
					 */
	char unless[UNLESS_MAX];        /* of a blocked one, as object.unless: "an alarm is set" */
	long syscall_nr;                /* -1 in user space, -2 unknown */
	uint64_t args[6];
	uint64_t sp, pc;
	uint64_t voluntary,
		involuntary;       /* context switches so far: equal in two collects = never ran */
	uint64_t pending, blocked; /* signal masks; pending: thread's and process's together */
	enum wait_kind wait;
	int wait_fd;     /* for fd waits, else -1 */
	bool timerfd;    /* it waits for a timerfd, armed or not */
	char wchan[48];  /* the kernel's function that it sleeps in; "" unknown, or not asked for */
	size_t *objects; /* indexes into snapshot.objects; several for poll and futex_waitv */
	size_t n_objects, cap_objects;
	int64_t last_ran_ns; /* monotonic; when it last left a CPU, 0 where the kernel won't say or
			      * snapshot_options.scheduling is not set */
	uint64_t runtime_ns; /* CPU time so far; 0 likewise */
};

struct process {
	pid_t pid, ppid;
	uint64_t start_time; /* field 22 of stat: tells a reused pid apart */
	char comm[16];
	char exe[256];
	size_t parent;   /* index, or SIZE_MAX: the parent is outside the tree */
	size_t mm;       /* processes with the same number share their memory (CLONE_VM, vfork) */
	uint64_t caught; /* signals with a handler */
	uint64_t ignored;
	/* A timer that cannot be seen from outside may be armed, and would end its waits: the
	 * condition, as object.unless, of all its threads. "" none. */
	char timer_unless[64];
	bool posix_timers; /* where that is filled: it has made some, and one may be armed */
	/* The same of an io_uring: see snapshot_options.rings_are_asked. */
	char ring_unless[64];
	bool readable; /* false: nothing below can be trusted, all threads are REST_UNREADABLE */
	size_t first_thread, n_threads; /* threads of one process are adjacent, leader first */
};

struct snapshot {
	pid_t root;
	struct process *processes; /* root first, parents before children */
	size_t n_processes, cap_processes;
	struct thread *threads;
	size_t n_threads, cap_threads;
	struct object *objects;
	size_t n_objects, cap_objects;
	int64_t begun_ns, ended_ns; /* monotonic */
	bool timers_known;          /* /proc/timer_list could be read, where that was needed */
	char unreadable[OBJECT_MAX_NAME]; /* first thing that could not be read, "" none */
};

struct outsiders;
struct snapshot_options {
	/* Processes that belong to the tree although they are not descendants of root any more (the
	 * keeper of the trial is their subreaper). */
	const pid_t *extra;
	size_t n_extra;
	/* The process that started root and reaps its orphans for the caller; 0: none. It never
	 * touches what the tree has, although it may be in the tree's namespaces. */
	pid_t keeper;
	/* The trial has a network and an IPC namespace of its own: accept can be proven, and waits
	 * on named queues and System V objects. */
	bool own_netns;
	/* The caller or its keeper started the tree and is its subreaper, and `extra` names every
	 * orphan of it. Without this, processes elsewhere on the machine are asked whether they
	 * share memory with the tree, and a process that may not be read counts as holding every
	 * pipe and socket. */
	bool complete;
	/* What is known of other processes, kept between collects; NULL: nothing is. */
	struct outsiders *outsiders;
	/* The caller asks the threads of a stuck set for rings (trial/ask.h) before it believes a
	 * proof. Without this, a ring that /proc may not show is a condition: process.ring_unless.
	 */
	bool rings_are_asked;
	/* Fill last_ran_ns and runtime_ns, which snapshot_appearance() needs: 12 us a thread more.
	 */
	bool scheduling;
	/* For an explanation: waits with a time limit have their objects too, and their wakers
	 * beyond the tree. They stay REST_TIMED: nothing is proven of them. */
	bool timed;
	/* Fill what a report tells of a tree in which nothing is stuck: process.timer_unless of all
	 * processes, thread.wchan. */
	bool details;
};

/* 0, -ESRCH when root is gone, -EACCES/-EPERM when root itself may not be read. ret_snapshot must
 * be freed with snapshot_done(), and is set on 0 only. */
int snapshot_collect(
	pid_t root, const struct snapshot_options *options, struct snapshot *ret_snapshot);
void snapshot_done(struct snapshot *s);
/* What in the process cannot be seen from outside and would end its waits; "" nothing. */
const char *process_unless(const struct process *p);
/* Some thread was on a CPU or runnable: what it waits for, if for anything, was not to be seen. */
bool snapshot_anyone_runs(const struct snapshot *s);

/*
 * The cheap first look (a few microseconds a thread): true when every thread of the tree sleeps
 * in a system call that snapshot_collect() could take for a rest. False is the common case of a
 * healthy trial and costs no more than the first thread that runs.
 */
bool snapshot_worth_collecting(pid_t root, const struct snapshot_options *options);

/* What a tree that could not be proven looks like, from two snapshots some time apart. */
#include "runner/record/record.h"
enum appearance snapshot_appearance(const struct snapshot *earlier, const struct snapshot *later);
/* Some thread ran between the two, began, could run or is uninterruptible: the tree gets on,
 * however slowly, or wakes again and again. */
bool snapshot_moved(const struct snapshot *earlier, const struct snapshot *later);

#endif
