/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Installed setuid root, it becomes root for good: who started it may not kill it. argv[1] is how
 * many milliseconds it stays.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	MUST(setresuid(0, 0, 0) == 0);
	target_sleep_ms(argc > 1 ? strtol(argv[1], NULL, 10) : 0);
	return 0;
}
