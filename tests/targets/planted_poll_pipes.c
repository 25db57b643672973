/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent and child poll for the other's first word, for ever.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

#include <poll.h>

static void talk(int in, int out)
{
	struct pollfd pfd = { .fd = in, .events = POLLIN };

	target_say_last();
	MUST(poll(&pfd, 1, -1) == 1);
	target_write_byte(out);
}

int main(void)
{
	int down[2], up[2];
	pid_t pid;

	MUST(pipe(down) == 0 && pipe(up) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		talk(down[0], up[1]);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	talk(up[0], down[1]);
	target_reap(pid);
	return 0;
}
