/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parent watches a pipe edge-triggered, reads a part of what its child has written, and waits for
 * another event. The child waits for the answer.
 *
 * class: pipe
 * holder: no
 */
#include "tests/targets/target.h"

#include <sys/epoll.h>

static void write_and_wait(int out, int in)
{
	char byte;

	MUST(write(out, "0123456789", 10) == 10);
	target_say_last();
	MUST(read(in, &byte, 1) == 1);
	_exit(0);
}

int main(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int data[2], answer[2], epoll = epoll_create1(0);
	char byte;

	MUST(pipe(data) == 0 && pipe(answer) == 0 && epoll >= 0);
	if (target_fork() == 0) {
		close(data[0]);
		close(answer[1]);
		write_and_wait(data[1], answer[0]);
	}
	close(data[1]);
	close(answer[0]);
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, data[0], &e) == 0);
	for (int i = 0; i < 10; i++) {
		target_say_last();
		MUST(epoll_wait(epoll, &e, 1, -1) == 1 && read(data[0], &byte, 1) == 1);
	}
	MUST(write(answer[1], "x", 1) == 1);
	return 0;
}
