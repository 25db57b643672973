/* SPDX-License-Identifier: MIT */
/* both-write.c: two processes first send all they have, and read afterwards. */
#include "lib/scenario.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define AMOUNT ((size_t)4 << 20) /* more than any default buffer */

static int ends[2], theirs; /* what the child uses */

static void send_all(int fd)
{
	static char bytes[65536];

	for (size_t done = 0; done < AMOUNT; done += sizeof(bytes))
		CHECK(write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
}

static void receive_all(int fd)
{
	static char bytes[65536];
	ssize_t n;

	for (size_t done = 0; done < AMOUNT; done += (size_t)n) {
		n = read(fd, bytes, sizeof(bytes));
		CHECK(n > 0);
	}
}

/* Reads what comes while there is no room to write. */
static void exchange(int in, int out)
{
	static char bytes[4096];
	size_t sent = 0, received = 0;
	ssize_t n;

	while (sent < AMOUNT || received < AMOUNT) {
		struct pollfd fds[2] = { { received < AMOUNT ? in : -1, POLLIN, 0 },
			{ sent < AMOUNT ? out : -1, POLLOUT, 0 } };

		CHECK(poll(fds, 2, -1) > 0);
		if (fds[0].revents) {
			n = read(in, bytes, sizeof(bytes));
			CHECK(n > 0);
			received += (size_t)n;
		}
		if (fds[1].revents & POLLOUT) {
			n = send(out, bytes, sizeof(bytes), MSG_DONTWAIT);
			sent += n > 0 ? (size_t)n : 0;
		}
	}
}

static void send_first(void *arg)
{
	(void)arg;
	CHECK(close(ends[0]) == 0);
	send_all(theirs);
	receive_all(theirs);
}

static void receive_first(void *arg)
{
	(void)arg;
	CHECK(close(ends[0]) == 0);
	receive_all(theirs);
	send_all(theirs);
}

static void exchange_theirs(void *arg)
{
	(void)arg;
	CHECK(close(ends[0]) == 0);
	exchange(theirs, theirs);
}

static pid_t connect_child(void (*child)(void *))
{
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	theirs = ends[1];
	pid = scenario_fork(FORK, child, NULL);
	CHECK(close(ends[1]) == 0);
	return pid;
}

/* The hazard: both buffers are full, and nobody reads. */
static void both_send(void)
{
	pid_t pid = connect_child(send_first);

	send_all(ends[0]);
	receive_all(ends[0]);
	scenario_wait(pid);
}

/* Fix: a protocol that says whose turn it is. */
static void in_turn(void)
{
	pid_t pid = connect_child(receive_first);

	send_all(ends[0]);
	receive_all(ends[0]);
	scenario_wait(pid);
}

/* Fix: read whatever comes while there is no room. */
static void with_poll(void)
{
	pid_t pid = connect_child(exchange_theirs);

	exchange(ends[0], ends[0]);
	scenario_wait(pid);
}

SCENARIO(
	.summary = "both ends of a socket send before they read",
	.hazard = "each side waits for room that only the other side's reading makes",
	.symptom = IN_WRITE,
	.cause = "socket: socket-write + socket-write; pipe: pipe-write + pipe-write",
	.variants = {
		{ "both-send", "send all, then receive all, on both sides", both_send,
		  { { "*", DEADLOCKS, "both buffers fill and nobody reads" } } },
		{ "in-turn", "the child receives first", in_turn,
		  { { "*", COMPLETES, "one side always reads" } } },
		{ "poll", "both read while they send", with_poll,
		  { { "*", COMPLETES, "nobody waits for room alone" } } },
	},
	.refs = { "https://bugs.python.org/issue1751",
		"https://github.com/GerHobbelt/civet-webserver/issues/1" },
);
