/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A futex in shared anonymous memory; a child that slept wakes its parent.
 */
#include "tests/targets/target.h"
#include "tests/targets/futex.h"

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	uint32_t *gate = target_shared(sizeof(*gate));
	pid_t pid = target_fork();

	if (pid == 0) {
		target_sleep_ms(ms);
		futex_gate_open(gate, FUTEX_WAKE_SHARED);
		_exit(0);
	}
	futex_gate_wait(gate, FUTEX_WAIT_SHARED);
	target_reap(pid);
	return 0;
}
