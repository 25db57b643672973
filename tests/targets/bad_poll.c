/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wakes every 2 ms for ever and finds nothing: a timeout that looks like polling.
 */
#include "tests/targets/target.h"

int main(void)
{
	for (;;)
		target_sleep_ms(2);
}
