/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/socket.h: what a socket itself says of what the kernel may do to it. Each takes a descriptor
 * of ours for it, asks and changes nothing; where nobody can say, the answer is the careful one.
 */
#ifndef RUNNER_PROC_SOCKET_H
#define RUNNER_PROC_SOCKET_H

#include <stdbool.h>

/* A limit of SO_RCVTIMEO or SO_SNDTIMEO is set. */
bool socket_has_timeout(int fd, int name);
/* Of an option that is a number; otherwise: what it is where the socket doesn't know it. */
int socket_option(int fd, int level, int name, int otherwise);
/* The loopback interface of the socket's own network namespace is up: what is sent arrives. */
bool socket_loopback_is_up(int fd);
/* Two sockets are of one network namespace, whatever those that hold them are in by now. */
bool socket_same_network(int a, int b);

#endif
