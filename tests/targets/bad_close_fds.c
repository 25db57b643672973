/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closes every fd that it has, whatever it is for, goes on for a moment and passes.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	target_sleep_ms(target_duration_ms(argc, argv));
	return 0;
}
