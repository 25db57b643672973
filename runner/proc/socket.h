/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proc/socket.h: what the kernel may do by itself to a socket. Each function takes our own
 * descriptor of it and changes nothing. Where the kernel does not say, the answer is the careful
 * one.
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
/* Two sockets were made in one network namespace; that of their holders may be another by now. */
bool socket_same_network(int a, int b);

#endif
