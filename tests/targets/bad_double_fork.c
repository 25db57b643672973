/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes, and leaves a daemon behind that would live for an hour.
 */
#include "tests/targets/target.h"

int main(void)
{
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(setsid() > 0);
		if (target_fork() > 0)
			_exit(0);
		target_sleep_ms(3600 * 1000);
		_exit(0);
	}
	target_reap(pid);
	return 0;
}
