/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Passes and leaves a chain behind in which each process forks the next into a session of its own
 * and ends at once: a runner that lists it and then kills what it saw is always too late. Bounded
 * to 10 s.
 */
#include "tests/targets/target.h"

int main(void)
{
	int64_t until_ms = target_now_ms() + 10 * 1000;

	if (target_fork() > 0)
		return 0;
	while (target_now_ms() < until_ms) {
		if (target_fork() > 0)
			_exit(0);
		setsid();
	}
	return 0;
}
