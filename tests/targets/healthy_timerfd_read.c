/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A blocking read of a timerfd, by a thread that main joins.
 */
#include "tests/targets/target.h"

#include <sys/timerfd.h>

static void *wait_timer(void *arg)
{
	int *fd = arg;
	uint64_t n;

	MUST(read(*fd, &n, sizeof(n)) == sizeof(n));
	return NULL;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct itimerspec spec = { .it_value = { ms / 1000, ms % 1000 * 1000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	MUST(fd >= 0);
	MUST(timerfd_settime(fd, 0, &spec, NULL) == 0);
	pthread_join(target_thread(wait_timer, &fd), NULL);
	return 0;
}
