/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socketends.h: two sockets that are connected: the first end is the parent's, the other one a
 * child's.
 */
#ifndef TESTS_SOCKETENDS_H
#define TESTS_SOCKETENDS_H

#include "tests/targets/modes.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const char junk[4096];
static int s[2];

static inline void make_pair(int type)
{
	MUST(socketpair(AF_UNIX, type, 0, s) == 0);
}

/* Both ends of a TCP connection, on the loopback device. */
static inline void make_tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	MUST(bind(listener, (struct sockaddr *)&a, n) == 0 && listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&a, &n) == 0);
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(s[0], (struct sockaddr *)&a, n) == 0);
	s[1] = accept(listener, NULL, NULL);
	MUST(s[1] >= 0);
	close(listener);
}

/* The first end is the parent's, the other one the child's. */
static inline pid_t part(long ms)
{
	pid_t pid = target_fork();

	close(s[pid == 0 ? 0 : 1]);
	if (pid == 0)
		target_sleep_ms(ms);
	return pid;
}

static inline void fill(int fd)
{
	while (send(fd, junk, sizeof(junk), MSG_DONTWAIT) > 0)
		;
	MUST(errno == EAGAIN);
}

static inline void empty(int fd)
{
	char buffer[sizeof(junk)];
	ssize_t n;

	do
		n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
	while (n > 0);
	MUST(n == 0 || errno == EAGAIN);
}

#endif
