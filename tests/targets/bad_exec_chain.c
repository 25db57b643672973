/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Becomes another program ten times over, and passes.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	int left = argc > 1 ? atoi(argv[1]) : 10;
	char count[16];

	if (left == 0)
		return 0;
	snprintf(count, sizeof(count), "%d", left - 1);
	execv("/proc/self/exe", (char *[]){ argv[0], count, NULL });
	MUST(!"exec failed");
	return 0;
}
