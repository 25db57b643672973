/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A write to a full TCP connection whose other end never reads: TCP_USER_TIMEOUT ends it, which
 * only the kernel knows. At least as long as its first probes take.
 */
#include "tests/targets/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

int main(int argc, char **argv)
{
	unsigned int timeout_ms = (unsigned int)target_duration_ms(argc, argv);
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	int size = 8192;
	static const char junk[16384];

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	MUST(listener >= 0 && fd >= 0);
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
	MUST(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms)) == 0);
	MUST(bind(listener, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(listener, 1) == 0);
	MUST(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
	MUST(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(accept(listener, NULL, NULL) >= 0);
	while (send(fd, junk, sizeof(junk), MSG_NOSIGNAL) > 0)
		;
	MUST(errno == ETIMEDOUT);
	return 0;
}
