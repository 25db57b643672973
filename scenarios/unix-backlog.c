/* SPDX-License-Identifier: MIT */
/* unix-backlog.c: a server connects to itself more often than its backlog holds. */
#include "lib/scenario.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS 4
#define BACKLOG 1

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_len = sizeof(sa_family_t); /* the kernel chooses an abstract name */

static int listen_here(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST(fd >= 0 && bind(fd, (struct sockaddr *)&address, address_len) == 0);
	address_len = sizeof(address);
	MUST(getsockname(fd, (struct sockaddr *)&address, &address_len) == 0);
	MUST(listen(fd, BACKLOG) == 0);
	return fd;
}

static void connect_all(int type, int server)
{
	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | type, 0);

		MUST(fd >= 0);
		CHECK(connect(fd, (struct sockaddr *)&address, address_len) == 0 ||
			errno == EAGAIN);
		if (server >= 0)
			CHECK(accept(server, NULL, NULL) >= 0);
	}
}

/* The hazard: connect() waits for room in the backlog, and who would accept() is connecting. */
static void connect_first(void)
{
	listen_here();
	connect_all(0, -1);
}

/* Fix: accept each before the next. */
static void accept_each(void)
{
	connect_all(0, listen_here());
}

/* Fix: a non-blocking connect() fails with EAGAIN. */
static void nonblocking(void)
{
	listen_here();
	connect_all(SOCK_NONBLOCK, -1);
}

SCENARIO(
	.summary = "connect() to one's own listener with a full backlog",
	.hazard = "a connect() on a Unix socket waits until the listener accepts",
	.symptom = IN_CONNECT,
	.cause = "unproven: socket-connect; socket: socket-connect",
	.variants = {
		{ "connect-first", "four connects, then accept", connect_first,
		  { { "*", HANGS, "the only one who would accept waits in connect()" } },
		  .timeout_ms = 200 },
		{ "accept-each", "accept after each connect", accept_each,
		  { { "*", COMPLETES, "the backlog is never full" } } },
		{ "nonblocking", "SOCK_NONBLOCK", nonblocking,
		  { { "*", COMPLETES, "connect() does not wait" } } },
	},
	.refs = { "unix(7)", "listen(2)", "https://github.com/microsoft/WSL/issues/41128" },
);
