/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mostly passes, fast; of 256 trials about 15 fail and one crashes: for long runs. */
#include "tests/targets/target.h"

int main(void)
{
	unsigned int n = (unsigned int)getpid() % 256;

	if (n == 0)
		abort();
	return n % 16 == 1;
}
