/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes a while to start and then sleeps for an hour: a timeout that looks like sleeping.
 */
#include "tests/targets/target.h"

int main(void)
{
	for (int i = 0; i < 5; i++)
		target_sleep_ms(10);
	target_sleep_ms(3600 * 1000);
	return 0;
}
