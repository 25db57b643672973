/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only writing end of a pipe lies in a socket, in flight, held by no process: a child that
 * slept receives it and writes.
 */
#include "tests/targets/target.h"
#include "tests/targets/passfd.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	int pipes[2], sockets[2];
	pid_t pid;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(sockets[0]);
		target_sleep_ms(ms);
		target_write_byte(passfd_receive(sockets[1]));
		_exit(0);
	}
	close(sockets[1]);
	MUST(pipe(pipes) == 0);
	passfd_send(sockets[0], pipes[1]);
	close(pipes[1]);
	target_read_byte(pipes[0]);
	target_reap(pid);
	return 0;
}
