/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process that should empty its own pipe later fills it now.
 *
 * class: pipe
 */
#include "tests/targets/target.h"

int main(void)
{
	int fds[2];

	MUST(pipe(fds) == 0);
	target_write_for_ever(fds[1]);
	return 0;
}
