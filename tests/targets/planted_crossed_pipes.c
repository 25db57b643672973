/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent and child each fill the other's pipe before they read their own.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int down[2], up[2];
	pid_t pid;

	MUST(pipe(down) == 0 && pipe(up) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(down[1]);
		close(up[0]);
		target_write_for_ever(up[1]);
	}
	close(down[0]);
	close(up[1]);
	target_write_for_ever(down[1]);
	return 0;
}
