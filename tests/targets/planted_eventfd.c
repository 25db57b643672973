/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent and child read an eventfd that both have and neither has written.
 *
 * class: lost-wakeup
 */
#include "tests/targets/target.h"

#include <sys/eventfd.h>

int main(void)
{
	int fd = eventfd(0, 0);
	uint64_t n;

	MUST(fd >= 0);
	target_fork();
	target_say_last();
	MUST(read(fd, &n, sizeof(n)) == sizeof(n));
	return 0;
}
