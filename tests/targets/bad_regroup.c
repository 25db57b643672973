/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The root leaves its process group and session as far as it can, and hangs there with a child.
 */
#include "tests/targets/target.h"

int main(void)
{
	/* The root of a trial leads a session, which it can leave only by a child of its own. */
	pid_t pid = target_fork();

	if (pid == 0) {
		MUST(setsid() > 0);
		target_sleep_ms(3600 * 1000);
		_exit(0);
	}
	setpgid(0, 0);
	target_reap(pid);
	return 0;
}
