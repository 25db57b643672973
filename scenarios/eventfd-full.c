/* SPDX-License-Identifier: MIT */
/* eventfd-full.c: an eventfd is at its maximum, and its reader is the one who writes. */
#include "lib/scenario.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void notify_twice(int flags)
{
	int fd = eventfd(0, EFD_CLOEXEC | flags);
	uint64_t most = UINT64_MAX - 1, one = 1;

	MUST(fd >= 0);
	CHECK(write(fd, &most, sizeof(most)) == sizeof(most));
	CHECK(write(fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
	CHECK(read(fd, &one, sizeof(one)) == sizeof(one));
}

/* The hazard: the counter has no room, and only this thread would empty it. */
static void blocking(void)
{
	notify_twice(0);
}

/* Fix: a counter that is full needs no more notes. */
static void nonblocking(void)
{
	notify_twice(EFD_NONBLOCK);
}

SCENARIO(
	.summary = "a write to an eventfd that is at its maximum",
	.hazard = "the writer waits until somebody reads the counter",
	.symptom = IN_WRITE,
	.cause = "lost-wakeup: eventfd writes",
	.variants = {
		{ "blocking", "the eventfd is blocking", blocking,
		  { { "*", DEADLOCKS, "the only reader is the writer" } } },
		{ "nonblocking", "EFD_NONBLOCK", nonblocking,
		  { { "*", COMPLETES, "the write fails with EAGAIN" } } },
	},
	.refs = { "eventfd(2)", "https://github.com/diwic/shmem-ipc/issues/3" },
);
