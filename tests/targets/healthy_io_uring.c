/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pipe whose only process reads it: the kernel writes, on behalf of a request with a timer.
 *
 * libc: glibc
 */
#include "tests/targets/target.h"
#include "tests/targets/ring.h"

int main(int argc, char **argv)
{
	int fds[2];

	MUST(pipe(fds) == 0);
	ring_write_later(fds[1], target_duration_ms(argc, argv));
	target_read_byte(fds[0]);
	return 0;
}
