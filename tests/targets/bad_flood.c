/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes 64 MB to each of its outputs, then fails with 3.
 */
#include "tests/targets/target.h"

int main(void)
{
	static char page[65536];

	memset(page, 'x', sizeof(page));
	page[sizeof(page) - 1] = '\n';
	for (int i = 0; i < 1024; i++)
		for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
			MUST(write(fd, page, sizeof(page)) > 0);
	return 3;
}
