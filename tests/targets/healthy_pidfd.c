/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Polls a pidfd without a time limit; its process sleeps, then ends.
 */
#include "tests/targets/target.h"

#include <poll.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pid_t pid = target_fork();
	struct pollfd fd = { -1, POLLIN, 0 };

	if (pid == 0) {
		target_sleep_ms(ms);
		_exit(0);
	}
	fd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	MUST(fd.fd >= 0);
	MUST(poll(&fd, 1, -1) == 1);
	target_reap(pid);
	return 0;
}
