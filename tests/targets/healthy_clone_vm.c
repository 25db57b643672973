/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A private futex whose waker is another process: one made with CLONE_VM has the same memory.
 */
#include "tests/targets/target.h"
#include "tests/targets/futex.h"

#include <sched.h>
#include <signal.h>

static uint32_t gate;
static struct timespec nap;

/* Shares all of the parent's memory, its libc's included: bare system calls only. */
static int wake_later(void *arg)
{
	syscall(SYS_nanosleep, &nap, NULL);
	futex_gate_open(&gate, FUTEX_WAKE_OWN);
	(void)arg;
	return 0;
}

int main(int argc, char **argv)
{
	long ms = target_duration_ms(argc, argv);
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;

	nap = (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
	pid = clone(wake_later, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	MUST(pid > 0);
	futex_gate_wait(&gate, FUTEX_WAIT_OWN);
	target_reap(pid);
	return 0;
}
