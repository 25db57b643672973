/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A parent waits for a child, and that for a grandchild, which sleeps.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	pid_t pid = target_fork();

	if (pid == 0) {
		pid = target_fork();
		if (pid == 0) {
			target_sleep_ms(ms);
			_exit(0);
		}
		target_reap(pid);
		_exit(0);
	}
	target_reap(pid);
	return 0;
}
