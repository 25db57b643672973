/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exits with 99, which is an ordinary failure of a program that has never heard of us.
 */
#include "tests/targets/target.h"

int main(void)
{
	return 99;
}
