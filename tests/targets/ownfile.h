/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ownfile.h: a file of the process's own, of one page; who is done with it removes it.
 */
#ifndef TESTS_OWNFILE_H
#define TESTS_OWNFILE_H

#include "tests/targets/target.h"

static const char junk[4096];
static char path[TARGET_PATH_MAX];

static inline int open_own(void)
{
	int fd = open(target_path_own(path, "hangrate-file"), O_CREAT | O_RDWR, 0600);

	MUST(fd >= 0 && write(fd, junk, sizeof(junk)) == sizeof(junk));
	return fd;
}

#endif
