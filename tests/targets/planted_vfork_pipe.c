/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vfork() child waits for its parent's word, and the parent for the child to execute or end.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int fds[2];
	pid_t pid;
	char c;

	MUST(pipe(fds) == 0);
	pid = vfork();
	if (pid == 0) {
		target_say_last();
		_exit(read(fds[0], &c, 1) != 1);
	}
	MUST(pid > 0);
	target_write_byte(fds[1]);
	target_reap(pid);
	return 0;
}
