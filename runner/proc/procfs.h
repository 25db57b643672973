/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * procfs.h: what /proc says about processes, as plain data.
 *
 * The parsers are pure functions over text of any length and content; the readers under them only
 * fetch that text. Nothing here judges what it read. Formats: proc(5) and the kernel's fs/proc/.
 *
 * Parsers return 0, or -EINVAL where the text is not what the kernel writes; results are written on
 * success only. Cursors (procfs_next_*) return false at the end and skip lines that they can't read
 * unless the text says otherwise.
 */
#ifndef RUNNER_PROC_PROCFS_H
#define RUNNER_PROC_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/base/scan.h"

/* /proc/PID/stat */
struct procfs_stat {
	pid_t pid, ppid, pgrp;
	char comm[16];
	char state;
	uint64_t faults;     /* minor page faults, with those of ended threads */
	uint64_t start_time; /* clock ticks after boot */
	uint64_t tty;        /* its terminal, as makedev() has it; 0 none */
	uint64_t flags;      /* PF_* of the kernel's include/linux/sched.h */
};
int procfs_parse_stat(const char *text, size_t n, struct procfs_stat *ret_stat);

/* /proc/PID/task/TID/status: everything about one thread but its system call. */
struct procfs_status {
	char comm[16];
	char state;
	pid_t tgid, pid, ppid, tracer;
	uint64_t pending, shared_pending, blocked, ignored, caught;
	bool dumps_core; /* since Linux 4.15; false also of a process without memory */
	uint64_t n_threads;
	bool filtered;      /* by seccomp */
	uint64_t n_filters; /* how many there are; since Linux 5.9, else 0 */
	uint64_t voluntary, involuntary;
};
int procfs_parse_status(const char *text, size_t n, struct procfs_status *ret_status);

/* /proc/PID/task/TID/syscall. The kernel answers with numbers only for a thread that it has seen
 * switched out (task_current_syscall), so this is also the proof that a thread sleeps. */
struct procfs_syscall {
	bool running;
	int64_t nr; /* -1: blocked outside of any system call */
	uint64_t args[6];
	uint64_t sp, pc;
};
int procfs_parse_syscall(const char *text, size_t n, struct procfs_syscall *ret_syscall);

/* /proc/PID/task/TID/children */
bool procfs_next_pid(struct scan *s, pid_t *ret_pid);

/* /proc/PID/stat, field 39: the processor that it last ran on. */
int procfs_parse_processor(const char *text, size_t n, int *ret_cpu);
/* /proc/PID/task/TID/sched: se.exec_start in nanoseconds of the scheduler's clock. */
int procfs_parse_exec_start(const char *text, size_t n, uint64_t *ret_ns);
/* /proc/PID/task/TID/schedstat: time on a CPU in nanoseconds. */
int procfs_parse_runtime(const char *text, size_t n, uint64_t *ret_ns);

/* What /proc/PID/fd/N points to. */
enum procfs_link {
	PROCFS_LINK_PATH, /* anything with a name: file, FIFO, device */
	PROCFS_LINK_PIPE,
	PROCFS_LINK_SOCKET,
	PROCFS_LINK_EVENTFD,
	PROCFS_LINK_EPOLL,
	PROCFS_LINK_TIMERFD,
	PROCFS_LINK_SIGNALFD,
	PROCFS_LINK_PIDFD,
	PROCFS_LINK_IO_URING,
	PROCFS_LINK_PERF,
	PROCFS_LINK_OTHER, /* inotify, userfaultfd, bpf, net:[...], ... */
};
/* ret_inode is 0 where the link has none. */
int procfs_parse_link(const char *text, size_t n, enum procfs_link *ret_kind, uint64_t *ret_inode);

/* /proc/PID/fdinfo/N, the lines that matter here; -1 where a line is missing. */
struct procfs_fdinfo {
	int64_t flags; /* O_* of the open file */
	int64_t eventfd_id, eventfd_count;
	int64_t pid;       /* of a pidfd: -1 also when the process is gone */
	int64_t scm_fds;   /* file descriptors in flight in this socket's receive queue */
	int64_t tty_index; /* of the master of a pseudo-terminal: the N of /dev/pts/N */
	bool has_lock;     /* some lock: line */
	bool has_lease;    /* one that is a lease */
};
int procfs_parse_fdinfo(const char *text, size_t n, struct procfs_fdinfo *ret_fdinfo);

/* The tfd: lines of an epoll fd's fdinfo. */
struct procfs_epoll {
	int fd; /* number at the time of EPOLL_CTL_ADD, in the process that added it */
	uint32_t events;
	uint64_t inode;
};
bool procfs_next_epoll(struct scan *s, struct procfs_epoll *ret_epoll);

/* /proc/PID/maps */
struct procfs_map {
	uint64_t begin, end, offset;
	bool read, write, execute, shared;
	uint64_t dev, inode; /* dev as makedev(); both 0: anonymous, and not shared */
	struct scan name;    /* inside the text; empty where there is none */
};
bool procfs_next_map(struct scan *s, struct procfs_map *ret_map);

/* A line of /proc/PID/mountinfo. */
struct procfs_mount {
	uint64_t dev;              /* as makedev() */
	struct scan type, options; /* "tmpfs"; those of the file system. Inside the text */
};
bool procfs_next_mount(struct scan *s, struct procfs_mount *ret_mount);

/* /proc/locks */
enum procfs_lock_kind { PROCFS_LOCK_POSIX, PROCFS_LOCK_OFD, PROCFS_LOCK_FLOCK, PROCFS_LOCK_OTHER };
struct procfs_lock {
	enum procfs_lock_kind kind;
	bool waits;          /* a "->" line: blocked by the last line that is not one */
	bool write;          /* exclusive */
	pid_t pid;           /* -1: the kernel does not say (open-file-description locks), 0: not in
				this pid namespace */
	uint64_t dev, inode; /* of the file system and in it; dev as makedev() */
	uint64_t first, last; /* bytes; last UINT64_MAX: to the end of the file */
};
bool procfs_next_lock(struct scan *s, struct procfs_lock *ret_lock);
/* The lock: lines of fdinfo: the locks that this open file (flock, open-file-description) or this
 * process (POSIX) has on the file. */
bool procfs_next_fdinfo_lock(struct scan *s, struct procfs_lock *ret_lock);

/* /proc/net/unix: every Unix socket of the network namespace. inode 0: no process has it. */
struct procfs_unix {
	uint64_t inode;
	bool named; /* by a path or an abstract name; also what was accepted from such a socket */
};
bool procfs_next_unix(struct scan *s, struct procfs_unix *ret_unix);

/* What a read of a POSIX message queue tells (mq_overview(7)): the process that mq_notify() would
 * tell of a message, 0 none. */
int procfs_parse_mqueue(const char *text, size_t n, pid_t *ret_notify_pid);

/* /proc/PID/timers: the POSIX timers that a process has made, armed or not. True when each has a
 * clock whose timers stand in /proc/timer_list while they are armed: CPU time and alarms don't. */
bool procfs_timers_are_listed(const char *text, size_t n);
bool procfs_next_timer(struct scan *s, uint64_t *ret_id); /* as timer_gettime(2) takes it */

/* /proc/timer_list: every timer of the machine that runs; of which process is not told. -EINVAL
 * also where the kernel does not name what a timer is for (kernel/time/timer_list.c, %ps), or the
 * file is empty, as containers make it. */
struct procfs_armed {
	bool alarm; /* one that alarm() or setitimer(ITIMER_REAL) set */
	bool posix; /* one that timer_settime() set */
};
int procfs_parse_timer_list(const char *text, size_t n, struct procfs_armed *ret_armed);

/*
 * Readers. Each returns the number of bytes (a whole file, never a part of it) or -errno: -EFBIG
 * when the buffer is too small, -ESRCH when the process or thread is gone.
 */
ssize_t procfs_read(int dir, const char *name, char *buffer, size_t size);
/* The same with one system call less, for the files that are one record: stat, status, syscall,
 * sched, schedstat. */
ssize_t procfs_read_record(int dir, const char *name, char *buffer, size_t size);
ssize_t procfs_read_link(int dir, const char *name, char *buffer, size_t size);
/* The same for files without a bound; the text is NUL-terminated and must be freed. */
ssize_t procfs_read_all(int dir, const char *name, char **ret_text);

/* Calls each(data, number) for every numeric name in a directory, until it returns non-zero, which
 * is then returned. 0 or -errno. The directory is read from its beginning. */
typedef int (*procfs_each_fn)(void *data, int number);
int procfs_each_number(int dir, procfs_each_fn each, void *data);

/* The same with the inode number that the directory gives. */
typedef int (*procfs_each_entry_fn)(void *data, int number, uint64_t inode);
int procfs_each_entry(int dir, procfs_each_entry_fn each, void *data);

/* "prefix" NUMBER "suffix", for file names: no stdio on the hot path. Truncates never: size must
 * be enough for both and 12 bytes. */
void procfs_name(char *buffer, size_t size, const char *prefix, int number, const char *suffix);

#endif
