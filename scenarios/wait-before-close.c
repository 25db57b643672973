/* SPDX-License-Identifier: MIT */
/* wait-before-close.c: a child is waited for while the pipe that it reads is still open. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

static int requests[2];

static void serve(void *arg)
{
	char byte;

	(void)arg;
	CHECK(close(requests[1]) == 0);
	while (read(requests[0], &byte, 1) == 1)
		;
}

static pid_t start(void)
{
	MUST(pipe2(requests, O_CLOEXEC) == 0);
	return scenario_fork(FORK, serve, NULL);
}

/* The hazard: the child ends when the pipe does, the pipe when the wait is over. */
static void wait_first(void)
{
	scenario_wait(start());
	CHECK(close(requests[1]) == 0);
}

/* The same through a pidfd. */
static void poll_pidfd_first(void)
{
	pid_t child = start();
	struct pollfd fd = { .fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN };

	if (fd.fd < 0)
		scenario_skip("pidfd_open() is not to be had here");
	CHECK(poll(&fd, 1, -1) == 1);
	CHECK(close(requests[1]) == 0);
	scenario_wait(child);
}

/* Fix: close, then wait. */
static void close_first(void)
{
	pid_t child = start();

	CHECK(close(requests[1]) == 0);
	scenario_wait(child);
}

SCENARIO(
	.summary = "waitpid() for a child that waits for the end of our pipe",
	.hazard = "the child reads until the pipe is closed, and we close it after the wait",
	.symptom = IN_WAIT,
	.cause = "pipe: pipe-read + child; pipe: pipe-read + poll pidfd",
	.variants = {
		{ "wait-first", "waitpid(), then close()", wait_first,
		  { { "*", DEADLOCKS, "parent and child wait for each other" } } },
		{ "pidfd-first", "poll() of a pidfd, then close()", poll_pidfd_first,
		  { { "*", HANGS, "parent and child wait for each other" } }, .timeout_ms = 200 },
		{ "close-first", "close(), then waitpid()", close_first,
		  { { "*", COMPLETES, "the child sees the end of file" } } },
	},
	.refs = { "pipe(7)", "https://docs.python.org/3/library/subprocess.html",
		"https://github.com/alexcrichton/tokio-process/pull/19" },
);
