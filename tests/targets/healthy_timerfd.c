/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoll_wait() without a timeout, on a timerfd.
 */
#include "tests/targets/target.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerspec spec = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC), fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(ep >= 0 && fd >= 0);
	MUST(timerfd_settime(fd, 0, &spec, NULL) == 0);
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event) == 0);
	MUST(epoll_wait(ep, &event, 1, -1) == 1);
	return 0;
}
