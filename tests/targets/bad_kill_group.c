/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kills its whole process group: that must be its own.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(void)
{
	kill(0, SIGKILL);
	return 0;
}
