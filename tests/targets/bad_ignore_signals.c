/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ignores every signal that can be ignored and sleeps for an hour: only SIGKILL ends it.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(void)
{
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_IGN);
	target_sleep_ms(3600 * 1000);
	return 0;
}
