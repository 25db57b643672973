/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stops itself: a timeout, since anybody may let it go on.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(void)
{
	raise(SIGSTOP);
	return 0;
}
