/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes with a hundred children that it never reaped.
 */
#include "tests/targets/target.h"

enum { CHILDREN = 100 };

int main(void)
{
	siginfo_t info;
	pid_t pid = 0;

	for (int i = 0; i < CHILDREN; i++) {
		pid = target_fork();
		if (pid == 0)
			_exit(0);
	}
	/* The last one has ended, and is left as it is. */
	MUST(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	return 0;
}
