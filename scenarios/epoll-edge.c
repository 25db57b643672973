/* SPDX-License-Identifier: MIT */
/* epoll-edge.c: an edge-triggered reader takes a part of what came, and waits for the rest. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#define REQUEST 8192 /* bytes; the child waits for the answer before it sends more */

static int request[2], answer[2];

static void client(void *arg)
{
	static char bytes[REQUEST];
	char byte;

	(void)arg;
	CHECK(write(request[1], bytes, sizeof(bytes)) == REQUEST);
	CHECK(read(answer[0], &byte, 1) == 1);
}

static size_t read_some(void)
{
	char bytes[REQUEST / 2];
	ssize_t n = read(request[0], bytes, sizeof(bytes));

	return n > 0 ? (size_t)n : 0;
}

static size_t read_until_empty(void)
{
	size_t all = 0, n;

	while ((n = read_some()) > 0)
		all += n;
	return all;
}

static void serve(uint32_t trigger, size_t (*take)(void))
{
	struct epoll_event event = { .events = EPOLLIN | trigger };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pid_t pid;

	MUST(epoll >= 0 && pipe2(request, O_CLOEXEC) == 0 && pipe2(answer, O_CLOEXEC) == 0);
	pid = scenario_fork(FORK, client, NULL);
	MUST(fcntl(request[0], F_SETFL, O_NONBLOCK) == 0);
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, request[0], &event) == 0);
	for (size_t have = 0; have < REQUEST; have += take())
		CHECK(epoll_wait(epoll, &event, 1, -1) == 1);
	CHECK(write(answer[1], "a", 1) == 1);
	scenario_wait(pid);
}

/* The hazard: an edge is told once, whatever is left to read. */
static void edge(void)
{
	serve(EPOLLET, read_some);
}

/* Fix: read until EAGAIN. */
static void edge_drained(void)
{
	serve(EPOLLET, read_until_empty);
}

/* Fix: level-triggered. */
static void level(void)
{
	serve(0, read_some);
}

SCENARIO(
	.summary = "EPOLLET with data left in the pipe",
	.hazard = "an edge-triggered epoll tells of new data only, never of what was left",
	.symptom = IN_POLL,
	.cause = "pipe: poll pipe-edge",
	.variants = {
		{ "edge", "reads once a wake-up", edge,
		  { { "*", HANGS, "the rest is there, and no new data comes" } }, .timeout_ms = 200 },
		{ "edge-drained", "reads until EAGAIN", edge_drained,
		  { { "*", COMPLETES, "nothing is left behind" } } },
		{ "level", "level-triggered", level,
		  { { "*", COMPLETES, "what is left is told again" } } },
	},
	.refs = { "epoll(7)", "https://github.com/tannerdsilva/SwiftSlash/pull/31" },
);
