/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockdiag.h: asks the kernel about one socket (sock_diag(7)): who is at the other end, and what
 * waits in its queues. Single lookups, never a dump. Parsers are pure and take any bytes.
 */
#ifndef RUNNER_PROC_SOCKDIAG_H
#define RUNNER_PROC_SOCKDIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct sockdiag_unix {
	uint64_t inode;
	int type; /* SOCK_STREAM, ... */
	bool listens, named;
	uint64_t peer;   /* inode, 0 none */
	bool unaccepted; /* connected, and the listener has not taken the other end */
	int64_t recvq, sendq;
};

struct sockdiag_inet {
	uint64_t inode; /* 0: no process has it (closed, or not accepted yet) */
	bool established;
	bool keepalive; /* that timer runs */
	bool probes; /* the zero-window probe timer runs: nothing is in flight, the peer is full */
	int64_t recvq, sendq; /* sendq: not acknowledged, whether sent or not */
};

/* A netlink socket for the network namespace of the process behind a pidfd, -1: our own. The caller
 * closes it. Another namespace is entered by a short-lived child; -EPERM where that is forbidden.
 */
int sockdiag_open(int pidfd);

/* 0, -ENOENT when there is no such socket in this namespace, or another -errno. */
int sockdiag_ask_unix(int netlink, uint64_t inode, struct sockdiag_unix *ret_socket);
/* The TCP socket that has these two ends: its own first. */
int sockdiag_ask_tcp(int netlink, const struct sockaddr_storage *local,
	const struct sockaddr_storage *peer, struct sockdiag_inet *ret_socket);

/* One netlink message, header included. -ENOENT and the like: the kernel's own answer. */
int sockdiag_parse_unix(const void *message, size_t n, struct sockdiag_unix *ret_socket);
int sockdiag_parse_inet(const void *message, size_t n, struct sockdiag_inet *ret_socket);

#endif
