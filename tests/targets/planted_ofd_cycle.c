/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes take open-file-description locks of two files in opposite order. /proc/locks gives
 * no pid for these, only fdinfo tells who has them.
 *
 * class: file-lock
 */
#include "tests/targets/twofiles.h"

static void lock(int fd, int which)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	(void)which;
	MUST(fcntl(fd, F_OFD_SETLKW, &whole) == 0);
}

int main(void)
{
	twofiles_cross(lock);
}
