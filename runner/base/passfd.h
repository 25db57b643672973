/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * passfd.h: one descriptor from one process to another, through a Unix socket. Only system calls:
 * good in the child of a fork, and before exec().
 */
#ifndef RUNNER_BASE_PASSFD_H
#define RUNNER_BASE_PASSFD_H

/* Sends fd; negative: one byte that says there is none. 0 or -errno. */
int passfd_send(int channel, int fd);
/* The descriptor, close-on-exec and the caller's. flags as MSG_DONTWAIT. -EPIPE when the other side
 * has none, or is gone; -errno otherwise. */
int passfd_receive(int channel, int flags);

#endif
