/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes flock() two files in opposite order.
 *
 * class: file-lock
 * holder: yes
 */
#include "tests/targets/twofiles.h"

static void lock(int fd, int which)
{
	(void)which;
	MUST(flock(fd, LOCK_EX) == 0);
}

int main(void)
{
	twofiles_cross(lock);
}
