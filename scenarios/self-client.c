/* SPDX-License-Identifier: MIT */
/* self-client.c: a server with one thread runs a client of itself and waits for its end. */
#include "lib/scenario.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_len = sizeof(sa_family_t); /* the kernel chooses an abstract name */
static int listener;

static void listen_here(void)
{
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(listener >= 0 && bind(listener, (struct sockaddr *)&address, address_len) == 0);
	address_len = sizeof(address);
	MUST(getsockname(listener, (struct sockaddr *)&address, &address_len) == 0);
	MUST(listen(listener, 4) == 0);
}

/* Sends a request and waits for the answer. */
static void client(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)arg;
	CHECK(close(listener) == 0);
	CHECK(connect(fd, (struct sockaddr *)&address, address_len) == 0);
	CHECK(write(fd, "?", 1) == 1);
	CHECK(read(fd, &byte, 1) == 1);
}

static void serve_one(void)
{
	int fd = accept(listener, NULL, NULL);
	char byte;

	CHECK(fd >= 0 && read(fd, &byte, 1) == 1);
	CHECK(write(fd, "!", 1) == 1 && close(fd) == 0);
}

/* The hazard: who would answer waits for the one who asks. */
static void wait_first(void)
{
	listen_here();
	scenario_wait(scenario_fork(FORK, client, NULL));
	serve_one();
}

/* Fix: serve while the client runs, and collect its status afterwards. */
static void serve_first(void)
{
	pid_t pid;

	listen_here();
	pid = scenario_fork(FORK, client, NULL);
	serve_one();
	scenario_wait(pid);
}

SCENARIO(
	.summary = "a server waits for a child that is a client of itself",
	.hazard = "the only thread that would answer stands in waitpid()",
	.symptom = IN_WAIT,
	.cause = "unproven: socket-read + child; socket: socket-read + child",
	.variants = {
		{ "wait-first", "waitpid(), then accept()", wait_first,
		  { { "*", HANGS, "client and server wait for each other" } }, .timeout_ms = 300 },
		{ "serve-first", "accept(), then waitpid()", serve_first,
		  { { "*", COMPLETES, "the client gets its answer and ends" } } },
	},
	.refs = { "https://nodejs.org/api/child_process.html#synchronous-process-creation" },
);
