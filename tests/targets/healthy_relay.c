/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writing end of a pipe is handed from process to process: each lives a moment, forks the next
 * and ends. A look that lists processes one after the other may miss them all.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	int64_t until_ms = target_now_ms() + target_duration_ms(argc, argv);
	int fds[2];

	MUST(pipe(fds) == 0);
	if (target_fork() > 0) {
		close(fds[1]);
		target_read_byte(fds[0]);
		return 0;
	}
	while (target_now_ms() < until_ms)
		if (target_fork() > 0)
			_exit(0);
	target_write_byte(fds[1]);
	return 0;
}
