/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Computes for ever: a timeout that looks like spinning.
 */
#include "tests/targets/target.h"

int main(void)
{
	for (volatile unsigned int i = 0;; i++)
		;
}
