/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes send a byte to and fro through two pipes.
 */
#include "tests/targets/target.h"

static void play(int in, int out, int64_t until_ms)
{
	char c = 1;

	while (read(in, &c, 1) == 1 && c) {
		if (target_now_ms() >= until_ms)
			c = 0;
		MUST(write(out, &c, 1) == 1);
		if (!c)
			break;
	}
}

int main(int argc, char **argv)
{
	int64_t until_ms = target_now_ms() + target_duration_ms(argc, argv);
	int down[2], up[2];
	pid_t pid;

	MUST(pipe(down) == 0 && pipe(up) == 0);
	MUST(write(down[1], "x", 1) == 1);
	pid = target_fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		play(down[0], up[1], until_ms);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	play(up[0], down[1], until_ms);
	target_reap(pid);
	return 0;
}
