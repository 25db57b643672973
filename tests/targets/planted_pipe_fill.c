/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent reads the child's stdout to its end, then its stderr; the child fills stderr first.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int out[2], err[2];
	pid_t pid;

	MUST(pipe(out) == 0 && pipe(err) == 0);
	pid = target_fork();
	if (pid == 0) {
		close(out[0]);
		close(err[0]);
		target_write_for_ever(err[1]);
	}
	close(out[1]);
	close(err[1]);
	target_say_last();
	target_read_byte(out[0]);
	target_read_byte(err[0]);
	target_reap(pid);
	return 0;
}
