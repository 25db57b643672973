/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both ends of a TCP connection write and none reads. Small buffers, so that it is full at once.
 *
 * class: socket
 */
#include "tests/targets/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static int small_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = 8192;

	MUST(fd >= 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	return fd;
}

int main(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = small_socket(), client = small_socket(), server;
	pid_t pid;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(client, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	server = accept(listener, NULL, NULL);
	MUST(server >= 0);
	close(listener);
	pid = target_fork();
	if (pid == 0) {
		close(client);
		target_write_for_ever(server);
	}
	close(server);
	target_write_for_ever(client);
	return 0;
}
