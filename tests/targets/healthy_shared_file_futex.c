/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A futex in a file that both processes mapped by themselves, at different addresses.
 */
#include "tests/targets/target.h"
#include "tests/targets/futex.h"

static uint32_t *map_gate(int fd)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(p != MAP_FAILED);
	return (uint32_t *)p + 3;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	int fd = memfd_create("gate", MFD_CLOEXEC);
	pid_t pid;

	MUST(fd >= 0 && ftruncate(fd, 4096) == 0);
	pid = target_fork();
	if (pid == 0) {
		uint32_t *gate;

		target_shared(1 << 20); /* so that the next mapping lies elsewhere */
		gate = map_gate(fd);
		close(fd);
		target_sleep_ms(ms);
		futex_gate_open(gate, FUTEX_WAKE_SHARED);
		_exit(0);
	}
	futex_gate_wait(map_gate(fd), FUTEX_WAIT_SHARED);
	target_reap(pid);
	return 0;
}
