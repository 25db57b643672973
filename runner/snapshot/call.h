/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot/call.h: what a blocked system call waits for, from its number and arguments alone. Pure.
 *
 * What is not on the list is CALL_UNKNOWN. A call that carries a time limit is CALL_TIMED wherever
 * the limit can be told from the arguments; limits that live elsewhere (SO_RCVTIMEO) are not
 * decided here.
 */
#ifndef RUNNER_SNAPSHOT_CALL_H
#define RUNNER_SNAPSHOT_CALL_H

#include <stdbool.h>
#include <stdint.h>

enum call_kind {
	CALL_UNKNOWN,
	CALL_TIMED,
	CALL_SIGNAL,   /* waits for a signal */
	CALL_EXTERNAL, /* waits for what nobody can know: a terminal, a queue */
	CALL_FUTEX,
	CALL_FUTEXV,
	CALL_READ, /* in the wide sense: read, recvmsg, ... */
	CALL_WRITE,
	CALL_ACCEPT,
	CALL_CONNECT,
	CALL_CHILD,
	CALL_VFORK,
	CALL_CLONE3, /* as CALL_VFORK if the flags in memory say so */
	CALL_POLL,
	CALL_SELECT,
	CALL_EPOLL,
	CALL_FLOCK,
	CALL_FCNTL,
};

/* Which children a CALL_CHILD is for. */
enum call_children { CHILDREN_ANY, CHILDREN_PID, CHILDREN_GROUP, CHILDREN_PIDFD };

struct call {
	enum call_kind kind;
	const char *name;  /* of the system call, "?" when unknown */
	const char *limit; /* CALL_TIMED: where the limit is, "timeout" */
	int fd;            /* fd calls, epoll, CHILDREN_PIDFD */
	uint64_t address;  /* futex word; array of pollfd or futex_waitv; clone_args;
			      the set of signals asked for */
	uint64_t count;    /* elements of that array; select: number of fds */
	uint64_t sets[3];  /* select: addresses of the sets, 0 none */
	bool private;      /* futex: the flag */
	enum call_children children;
	int64_t id; /* CHILDREN_PID, CHILDREN_GROUP (0: the caller's own) */
};

void call_decode(int64_t nr, const uint64_t args[6], struct call *ret_call);

#endif
