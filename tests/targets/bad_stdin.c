/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads its input to the end, which must come at once, and passes.
 */
#include "tests/targets/target.h"

int main(void)
{
	char buf[512];
	ssize_t n;

	do
		n = read(STDIN_FILENO, buf, sizeof(buf));
	while (n > 0);
	MUST(n == 0);
	return 0;
}
