/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does nothing, as fast as a program can: for the benchmark and for long runs.
 */
#include "tests/targets/target.h"

int main(void)
{
	return 0;
}
