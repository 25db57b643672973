/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * healthy_io_uring without a trace among the fds: the ring is only mapped, and the writing end is
 * closed, kept by the request alone.
 *
 * libc: glibc
 */
#include "tests/targets/target.h"
#include "tests/targets/ring.h"

int main(int argc, char **argv)
{
	int fds[2];

	MUST(pipe(fds) == 0);
	close(ring_write_later(fds[1], target_duration_ms(argc, argv)));
	target_read_byte(fds[0]);
	return 0;
}
