/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outsider.h: asks tests/targets/outsider.c, a server outside of every trial, to do something
 * after a time. Targets that need it carry the label "needs: outsider"; argv[2] is its socket.
 */
#ifndef TESTS_OUTSIDER_H
#define TESTS_OUTSIDER_H

#include "tests/targets/passfd.h"

#include <sys/un.h>

enum { OUTSIDER_LINE = 512 };

/* Set by a target's main() before anything is asked. */
static const char *outsider_path;

static inline int outsider_connect(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(outsider_path && strlen(outsider_path) < sizeof(addr.sun_path));
	memcpy(addr.sun_path, outsider_path, strlen(outsider_path) + 1);
	MUST(fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	return fd;
}

/* ACT after ms, on fd (-1 none) and with an argument, by a connection. Returns what the outsider
 * answers as soon as it has taken the request; the fd is in its hands then. */
static inline int outsider_ask_by(int conn, const char *act, long ms, int fd, const char *argument)
{
	char line[OUTSIDER_LINE] = "";
	int answer;
	ssize_t n;

	passfd_send(conn, fd >= 0 ? fd : conn);
	MUST(snprintf(line, sizeof(line), "%s %ld %s", act, ms, argument) < (int)sizeof(line));
	MUST(write(conn, line, sizeof(line)) == sizeof(line));
	do /* a signal that was asked for may come before the answer is read */
		n = read(conn, &answer, sizeof(answer));
	while (n < 0 && errno == EINTR);
	MUST(n == sizeof(answer));
	return answer;
}

static inline int outsider_ask(const char *act, long ms, int fd, const char *argument)
{
	int conn = outsider_connect(), answer = outsider_ask_by(conn, act, ms, fd, argument);

	close(conn);
	return answer;
}

#endif
