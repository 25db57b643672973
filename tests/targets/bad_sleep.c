/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleeps for an hour: a timeout that looks like sleeping.
 */
#include "tests/targets/target.h"

int main(void)
{
	target_sleep_ms(3600 * 1000);
	return 0;
}
