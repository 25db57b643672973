/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A read of a socket whose peer is the reader itself: SO_RCVTIMEO ends it, which no system-call
 * argument shows.
 */
#include "tests/targets/target.h"

#include <sys/time.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct timeval timeout = { ms / 1000, ms % 1000 * 1000 };
	int fds[2];
	char c;

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	MUST(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0);
	MUST(read(fds[0], &c, 1) == -1 && errno == EAGAIN);
	return 0;
}
