/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A long nanosleep.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
	target_sleep_ms(target_duration_ms(argc, argv));
	return 0;
}
