/* SPDX-License-Identifier: MIT */
/* aio.c: a thread reads asynchronously at the fork, and the child does. */
#include "lib/scenario.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>

static int zeros;

static void open_file(void)
{
	zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	MUST(zeros >= 0);
}

static void read_some(void)
{
	char bytes[16] = { 1 };
	struct aiocb cb = { .aio_fildes = zeros, .aio_buf = bytes, .aio_nbytes = sizeof(bytes) };
	const struct aiocb *list[] = { &cb };

	CHECK(aio_read(&cb) == 0);
	while (aio_error(&cb) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	CHECK(aio_return(&cb) == sizeof(bytes) && bytes[0] == 0);
}

LIBC_SCENARIO(.summary = "aio_read() in the child",
	.hazard = "its helper threads stay behind, and its lists have locks", .setup = open_file,
	.stress = read_some, .child = read_some, .timeout_ms = 200,
	.fork = { { "*", MAY, "whether the child knows that it has no helper thread" } },
	.behind = { { "*", MAY, "nobody takes the lists' locks" } }, );
