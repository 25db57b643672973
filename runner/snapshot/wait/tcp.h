/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wait/tcp.h: what a TCP connection may still do without any process. For wait/socket.c. */
#ifndef RUNNER_SNAPSHOT_WAIT_TCP_H
#define RUNNER_SNAPSHOT_WAIT_TCP_H

#include "runner/proc/sockdiag.h"
#include "runner/snapshot/snapshot.h"

#include <linux/tcp.h>

struct collect;

/* A thread's wait on one end; both ends are in the tree. */
struct tcp_wait {
	enum wait_kind wait; /* WAIT_SOCK_READ or WAIT_SOCK_WRITE */
	int fd;              /* a descriptor of ours for it */
	int netlink;         /* of its network namespace: netlink_for() */
	const struct sockdiag_inet *mine, *other;
};

/* Why the kernel alone may still end the wait; NULL: it can't. */
const char *tcp_in_motion(struct collect *c, const struct tcp_wait *w);

/* Pure parts. */
/* Going by the states, but for buffers and peer. info is the waiter's and counts for a write only.
 */
const char *tcp_motion(enum wait_kind wait, const struct tcp_info *info,
	const struct sockdiag_inet *mine, const struct sockdiag_inet *other);
/* Whether a full send buffer of that size stays as large as it is; max: of tcp_wmem. */
bool tcp_buffer_is_final(uint32_t size, uint64_t max, const struct tcp_info *info);
/* Would a receive buffer so full be answered by an open window? segment: tcpi_rcv_mss. */
bool tcp_window_may_open(uint32_t size, uint32_t used, uint32_t segment);

#endif
