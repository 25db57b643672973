/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parent and child write to an eventfd that is full, and both would read it afterwards.
 *
 * class: lost-wakeup
 */
#include "tests/targets/target.h"

#include <sys/eventfd.h>

int main(void)
{
	int fd = eventfd(UINT32_MAX, 0);
	uint64_t most = UINT64_MAX - 1 - UINT32_MAX, one = 1;

	MUST(fd >= 0 && write(fd, &most, sizeof(most)) == sizeof(most));
	target_fork();
	target_say_last();
	MUST(write(fd, &one, sizeof(one)) == sizeof(one));
	MUST(read(fd, &one, sizeof(one)) == sizeof(one));
	return 0;
}
