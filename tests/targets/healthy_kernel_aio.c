/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An eventfd that the kernel writes: a native AIO request polls a timerfd and reports there. No
 * process but the reader has it.
 *
 * libc: glibc
 */
#include "tests/targets/target.h"

#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerspec spec = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), event = eventfd(0, EFD_CLOEXEC);
	struct iocb request = { .aio_lio_opcode = IOCB_CMD_POLL };
	struct iocb *requests[] = { &request };
	aio_context_t ctx = 0;
	uint64_t n;

	MUST(timer >= 0 && event >= 0);
	MUST(syscall(SYS_io_setup, 1, &ctx) == 0);
	MUST(timerfd_settime(timer, 0, &spec, NULL) == 0);
	request.aio_fildes = (uint32_t)timer;
	request.aio_buf = POLLIN;
	request.aio_flags = IOCB_FLAG_RESFD;
	request.aio_resfd = (uint32_t)event;
	MUST(syscall(SYS_io_submit, ctx, 1, requests) == 1);
	close(timer); /* the request keeps it, and the fd table no longer tells */
	MUST(read(event, &n, sizeof(n)) == sizeof(n));
	return 0;
}
