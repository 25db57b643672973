/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child waits for the end of its parent by a pidfd, and the parent for the end of the child.
 *
 * class: child-wait
 * holder: no
 */
#include "tests/targets/target.h"

#include <poll.h>

int main(void)
{
	int parent = (int)syscall(SYS_pidfd_open, getpid(), 0);
	struct pollfd fd = { parent, POLLIN, 0 };
	pid_t pid;

	MUST(parent >= 0);
	pid = target_fork();
	target_say_last();
	if (pid == 0) {
		MUST(poll(&fd, 1, -1) == 1);
		_exit(0);
	}
	target_reap(pid);
	return 0;
}
