/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a Unix socket pair write and none reads.
 *
 * class: socket
 */
#include "tests/targets/target.h"

int main(void)
{
	int fds[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		target_write_for_ever(fds[1]);
	}
	close(fds[1]);
	target_write_for_ever(fds[0]);
	return 0;
}
