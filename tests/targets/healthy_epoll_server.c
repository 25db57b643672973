/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server is idle in epoll_wait() until a sibling that slept connects and says a word.
 */
#include "tests/targets/target.h"

#include <sys/epoll.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sockaddr_un addr = { .sun_family = AF_UNIX }; /* autobind: an abstract name */
	struct epoll_event event = { .events = EPOLLIN };
	socklen_t len = sizeof(addr);
	int ep = epoll_create1(EPOLL_CLOEXEC), listener, fd;
	pid_t pid;

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(ep >= 0 && listener >= 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(sa_family_t)) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(listen(listener, 4) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(listener);
		close(ep);
		target_sleep_ms(ms);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		MUST(connect(fd, (struct sockaddr *)&addr, len) == 0);
		target_write_byte(fd);
		_exit(0);
	}
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, listener, &event) == 0);
	MUST(epoll_wait(ep, &event, 1, -1) == 1);
	fd = accept(listener, NULL, NULL);
	MUST(fd >= 0);
	target_read_byte(fd);
	target_reap(pid);
	return 0;
}
