/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A server waits in accept() on TCP; the connecting process has no descriptor that leads to it
 * before.
 */
#include "tests/targets/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	pid_t pid;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(listener >= 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(listener);
		target_sleep_ms(ms);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		MUST(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
		_exit(0);
	}
	fd = accept(listener, NULL, NULL);
	MUST(fd >= 0);
	target_reap(pid);
	return 0;
}
