/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parent waits for its child to end before it reads what the child writes.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int fds[2];
	pid_t pid;

	MUST(pipe(fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(fds[0]);
		target_write_for_ever(fds[1]);
	}
	close(fds[1]);
	target_say_last();
	target_reap(pid);
	target_read_byte(fds[0]);
	return 0;
}
