/* SPDX-License-Identifier: MIT */
/* fifo-order.c: two processes open two FIFOs in opposite order. */
#include "lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/fifo-order-XXXXXX";
static char request[64], answer[64];

static void make_fifos(void)
{
	MUST(mkdtemp(folder) != NULL);
	snprintf(request, sizeof(request), "%s/request", folder);
	snprintf(answer, sizeof(answer), "%s/answer", folder);
	MUST(mkfifo(request, 0600) == 0 && mkfifo(answer, 0600) == 0);
}

static void remove_fifos(void)
{
	unlink(request);
	unlink(answer);
	rmdir(folder);
}

static void answer_first(void *arg)
{
	(void)arg;
	CHECK(open(answer, O_WRONLY | O_CLOEXEC) >= 0);
	CHECK(open(request, O_RDONLY | O_CLOEXEC) >= 0);
}

static void request_first(void *arg)
{
	(void)arg;
	CHECK(open(request, O_RDONLY | O_CLOEXEC) >= 0);
	CHECK(open(answer, O_WRONLY | O_CLOEXEC) >= 0);
}

static void ask(void (*server)(void *), int flags)
{
	pid_t pid;

	make_fifos();
	pid = scenario_fork(FORK, server, NULL);
	CHECK(open(request, flags | O_CLOEXEC) >= 0);
	CHECK(open(answer, O_RDONLY | O_CLOEXEC) >= 0);
	scenario_wait(pid);
	remove_fifos();
}

/* The hazard: open() waits for the other end, and each process opens another FIFO first. */
static void opposite(void)
{
	ask(answer_first, O_WRONLY);
}

/* Fix: both open in one order. */
static void one_order(void)
{
	ask(request_first, O_WRONLY);
}

/* Fix: O_RDWR has both ends, and does not wait (Linux). */
static void read_write(void)
{
	ask(answer_first, O_RDWR);
}

SCENARIO(
	.summary = "two processes open two FIFOs in opposite order",
	.hazard = "open() of a FIFO waits until somebody opens the other end",
	.symptom = IN_OPEN,
	.cause = "pipe: fifo-open + fifo-open",
	.variants = {
		{ "opposite", "request then answer; answer then request", opposite,
		  { { "*", HANGS, "each waits for the end that the other opens second" } },
		  .timeout_ms = 200 },
		{ "one-order", "both open request first", one_order,
		  { { "*", COMPLETES, "both come to the same FIFO" } } },
		{ "read-write", "the first one by O_RDWR", read_write,
		  { { "*", COMPLETES, "it has both ends itself" } } },
	},
	.refs = { "fifo(7)", "https://github.com/hwangsaeul/hwangsae/pull/62" },
);
