/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wait/tcp.h: what a TCP connection may still do without any process. Pure; for wait/socket.c. */
#ifndef RUNNER_SNAPSHOT_WAIT_TCP_H
#define RUNNER_SNAPSHOT_WAIT_TCP_H

#include "runner/proc/sockdiag.h"
#include "runner/snapshot/snapshot.h"

#include <linux/tcp.h>

/* Why the kernel alone may still end a read or write; NULL: it can't, but for the send buffer. info
 * is the waiter's and counts for a write only. */
const char *tcp_motion(enum wait_kind wait, const struct tcp_info *info,
	const struct sockdiag_inet *mine, const struct sockdiag_inet *other);
/* Whether a full send buffer of that size stays as large as it is; max: of tcp_wmem. */
bool tcp_buffer_is_final(uint32_t size, uint64_t max, const struct tcp_info *info);

#endif
