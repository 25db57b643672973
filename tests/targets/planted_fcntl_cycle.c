/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes lock two files in opposite order, one by fcntl() and one by flock(): the kernel,
 * which finds a cycle of fcntl() locks alone, does not see this one.
 *
 * class: file-lock
 * holder: yes
 */
#include "tests/targets/twofiles.h"

static void lock(int fd, int which)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (which == 0)
		MUST(fcntl(fd, F_SETLKW, &whole) == 0);
	else
		MUST(flock(fd, LOCK_EX) == 0);
}

int main(void)
{
	twofiles_cross(lock);
}
