/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * aio_suspend() on a read of a pipe that the libc does in a thread; a child that slept writes.
 */
#include "tests/targets/target.h"

#include <aio.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	const struct aiocb *list[1];
	struct aiocb request = { .aio_nbytes = 1 };
	char c;
	int fds[2];
	pid_t pid;

	MUST(pipe(fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_sleep_ms(ms);
		target_write_byte(fds[1]);
		_exit(0);
	}
	request.aio_fildes = fds[0];
	request.aio_buf = &c;
	list[0] = &request;
	MUST(aio_read(&request) == 0);
	MUST(aio_suspend(list, 1, NULL) == 0);
	MUST(aio_return(&request) == 1);
	target_reap(pid);
	return 0;
}
