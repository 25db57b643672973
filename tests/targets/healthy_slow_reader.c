/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child fills a pipe that its parent empties a page at a time, with pauses.
 */
#include "tests/targets/target.h"

enum { PAGE = 4096, PAUSES = 20 };

int main(int argc, char **argv)
{
	long pause_ms = target_duration_ms(argc, argv) / PAUSES + 1;
	static char buf[65536 + PAUSES * PAGE];
	size_t got = 0;
	int fds[2];
	pid_t pid;

	MUST(pipe(fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		MUST(write(fds[1], buf, sizeof(buf)) == sizeof(buf));
		_exit(0);
	}
	close(fds[1]);
	while (got < sizeof(buf)) {
		ssize_t n = read(fds[0], buf, PAGE);

		MUST(n > 0);
		got += (size_t)n;
		if (got / PAGE < PAUSES)
			target_sleep_ms(pause_ms);
	}
	target_reap(pid);
	return 0;
}
