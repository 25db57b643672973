/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A Unix datagram socket with a full queue; the receiver sleeps before it reads.
 */
#include "tests/targets/target.h"

enum { MESSAGES = 600 };

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	char msg[1024] = "";
	int fds[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		target_sleep_ms(ms);
		for (int i = 0; i < MESSAGES; i++)
			MUST(recv(fds[1], msg, sizeof(msg), 0) == sizeof(msg));
		_exit(0);
	}
	close(fds[1]);
	for (int i = 0; i < MESSAGES; i++)
		MUST(send(fds[0], msg, sizeof(msg), 0) == sizeof(msg));
	target_reap(pid);
	return 0;
}
