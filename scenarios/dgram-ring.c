/* SPDX-License-Identifier: MIT */
/* dgram-ring.c: three processes in a ring, each sends to the next and reads only when it has sent.
 */
#include "lib/scenario.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#define NODES 3
#define MESSAGES \
	1000 /* the queue of a Unix datagram socket holds net.unix.max_dgram_qlen, 512 at most */

static int ring[NODES][2]; /* [n][0] sends to node n, node n reads [n][1] */
static bool drains;

static void drain(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
		;
}

static void node(void *arg)
{
	int n = (int)(intptr_t)arg, next = (n + 1) % NODES;

	for (int i = 0; i < NODES; i++) {
		if (i != next)
			CHECK(close(ring[i][0]) == 0);
		if (i != n)
			CHECK(close(ring[i][1]) == 0);
	}
	for (int i = 0; i < MESSAGES; i++) {
		while (send(ring[next][0], "x", 1, drains ? MSG_DONTWAIT : 0) != 1) {
			if (errno == ECONNREFUSED) /* it has sent all, and left */
				return;
			CHECK(errno == EAGAIN);
			drain(ring[n][1]);
			sched_yield();
		}
	}
}

static void run(bool drain_first)
{
	pid_t pid[NODES];

	drains = drain_first;
	for (int i = 0; i < NODES; i++)
		MUST(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ring[i]) == 0);
	for (int i = 0; i < NODES; i++)
		pid[i] = scenario_fork(FORK, node, (void *)(intptr_t)i);
	for (int i = 0; i < NODES; i++)
		CHECK(close(ring[i][0]) == 0 && close(ring[i][1]) == 0);
	for (int i = 0; i < NODES; i++)
		scenario_wait(pid[i]);
}

/* The hazard: every queue is full, and every reader is busy sending. */
static void send_only(void)
{
	run(false);
}

/* Fix: empty one's own queue when the next one's is full. */
static void drain_own(void)
{
	run(true);
}

SCENARIO(
	.summary = "three processes send datagrams around a ring",
	.hazard = "each waits for room in the queue of the next, which is sending, too",
	.symptom = IN_WRITE,
	.cause = "socket: socket-write datagram + socket-write datagram + socket-write datagram",
	.variants = {
		{ "send-only", "nobody reads before it has sent all", send_only,
		  { { "*", HANGS, "all three queues are full" } },
		  .timeout_ms = 300 },
		{ "drain", "without room, read what came", drain_own,
		  { { "*", COMPLETES, "somebody always makes room" } } },
	},
	.refs = { "unix(7)", "https://github.com/systemd/systemd/issues/1505" },
);
