/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/call.h: what a blocked system call waits for, from its number and arguments alone. Pure.
 *
 * The calls of each kind of wait stand in its file (wait/). What is on no list is CALL_UNKNOWN. A
 * call that carries a time limit is CALL_TIMED wherever the limit can be told from the arguments;
 * limits that live elsewhere (SO_RCVTIMEO) are not decided here.
 */
#ifndef RUNNER_SNAPSHOT_CALL_H
#define RUNNER_SNAPSHOT_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

enum call_kind {
	CALL_UNKNOWN,
	CALL_TIMED,
	CALL_EXTERNAL, /* waits for something that /proc does not show: asynchronous I/O of the
			  kernel */
	CALL_WAITS,    /* of some kind: resolve() tells the rest */
};

/* What a call does with its descriptor. */
enum call_access { ACCESS_READ, ACCESS_WRITE, ACCESS_ACCEPT, ACCESS_CONNECT };

/* Which children a wait is for. */
enum call_children { CHILDREN_ANY, CHILDREN_PID, CHILDREN_GROUP, CHILDREN_PIDFD };

struct collect;
struct call;
typedef void (*resolve_fn)(struct collect *c, size_t thread, const struct call *call);
typedef void (*decode_fn)(const uint64_t a[6], struct call *call);

/* One system call that a kind of wait covers. */
struct wait_call {
	int64_t nr;
	const char *name;
	decode_fn decode;   /* fills what the arguments say; may set CALL_TIMED or CALL_UNKNOWN */
	resolve_fn resolve; /* adds the objects to the thread, or says why it is not blocked */
};
#define WAIT_CALL(name, decode, resolve)           \
	{                                          \
		SYS_##name, #name, decode, resolve \
	}

struct call {
	enum call_kind kind;
	const char *name;  /* of the system call, "?" when unknown */
	const char *limit; /* CALL_TIMED: where the limit is, "timeout" */
	resolve_fn resolve;
	int fd; /* fd calls, epoll, CHILDREN_PIDFD */
	enum call_access access;
	uint64_t address; /* futex word; array of pollfd or futex_waitv; clone_args;
			     the set of signals asked for */
	uint64_t count;   /* elements of that array; select: number of fds */
	uint64_t sets[3]; /* select: addresses of the sets, 0 none */
	bool private;     /* futex: the flag */
	bool owned;       /* futex: its word names an owner that the kernel knows (PI) */
	uint64_t requeue; /* futex: the PI futex that the wait may be moved to, 0 none */
	bool disk;        /* the wait is one that /proc shows as uninterruptible */
	enum call_children children;
	int64_t id; /* CHILDREN_PID, CHILDREN_GROUP (0: the caller's own); a System V identifier */
};

void call_decode(int64_t nr, const uint64_t args[6], struct call *ret_call);

/* For decoders. */
void call_set_timed(struct call *c, const char *limit);
void call_decode_nothing(const uint64_t a[6], struct call *c);
void call_decode_fd(const uint64_t a[6], struct call *c); /* reads from the first argument */

#endif
