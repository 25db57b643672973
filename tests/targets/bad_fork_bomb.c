/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bounded fork bomb: 127 processes that would live for an hour, and a root that passes.
 */
#include "tests/targets/target.h"

enum { GENERATIONS = 6 };

int main(void)
{
	pthread_barrier_t *all = target_barrier(127);
	bool root = true;
	int depth = 0;

	while (depth < GENERATIONS) {
		pid_t left = target_fork();

		if (left == 0) {
			root = false;
			depth++;
			continue;
		}
		if (target_fork() == 0) {
			root = false;
			depth++;
			continue;
		}
		break;
	}
	pthread_barrier_wait(all);
	if (root)
		return 0;
	target_sleep_ms(3600 * 1000);
	return 0;
}
