/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Waits for a child that has no handler for any signal and waits for one.
 */
#include "tests/targets/target.h"

int main(void)
{
	pid_t pid = target_fork();

	if (pid == 0)
		for (;;)
			pause();
	target_reap(pid);
	return 0;
}
