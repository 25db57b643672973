/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A write to a full socket that nobody else has: SO_SNDTIMEO ends it.
 */
#include "tests/targets/target.h"

#include <sys/time.h>

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	struct timeval timeout = { ms / 1000, ms % 1000 * 1000 };
	static const char junk[16384];
	ssize_t n;
	int fds[2];

	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	MUST(setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0);
	do
		n = write(fds[0], junk, sizeof(junk));
	while (n == sizeof(junk));
	MUST(n >= 0 || errno == EAGAIN);
	return 0;
}
