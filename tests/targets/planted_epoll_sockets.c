/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a socket pair wait in epoll for the other's first word.
 *
 * class: socket
 */
#include "tests/targets/target.h"

#include <sys/epoll.h>

static void talk(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	MUST(ep >= 0);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0);
	target_say_last();
	MUST(epoll_wait(ep, &event, 1, -1) == 1);
	target_write_byte(fd);
}

int main(void)
{
	int fds[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		talk(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	talk(fds[0]);
	target_reap(pid);
	return 0;
}
