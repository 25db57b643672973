/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child reads its stdin to the end, which never comes: it has inherited the writing end itself.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int fds[2];
	char buf[64];
	pid_t pid;

	MUST(pipe(fds) == 0);
	pid = target_fork();
	if (pid == 0) {
		target_say_last();
		while (read(fds[0], buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(fds[0]);
	target_write_byte(fds[1]);
	close(fds[1]);
	target_say_last();
	target_reap(pid);
	return 0;
}
