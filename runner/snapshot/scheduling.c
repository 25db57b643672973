/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a thread last ran and for how long: two more files a thread, read on demand only. */
#include <fcntl.h>
#include <sched.h>

#include "runner/snapshot/internal.h"

#define NAME_SIZE 48

/*
 * exec_start is of the scheduler's clock, which each processor keeps for itself: it leaves out time
 * that interrupts and the hypervisor took (kernel/sched/core.c, update_rq_clock_task()), which was
 * seen to be seconds apart. Giving way updates our own, so the difference to the monotonic clock is
 * known to some microseconds for this processor, and for no other. Good for a duration that is
 * shown, never used in a proof.
 */
void scheduling_calibrate(struct collect *c)
{
	uint64_t ns;
	ssize_t n;

	sched_yield();
	c->scheduler_cpu = sched_getcpu();
	n = procfs_read(c->proc, "thread-self/sched", c->buffer, sizeof(c->buffer));
	if (n <= 0 || procfs_parse_exec_start(c->buffer, (size_t)n, &ns) < 0 || ns > INT64_MAX ||
		sched_getcpu() != c->scheduler_cpu) {
		c->scheduler_cpu = -1;
		return;
	}
	c->scheduler_to_monotonic = time_now_ns() - (int64_t)ns;
}

void scheduling_read(struct collect *c, int tasks, struct thread *t)
{
	char name[NAME_SIZE];
	uint64_t ns;
	ssize_t n;
	int cpu;

	procfs_name(name, sizeof(name), "", t->tid, "/schedstat");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0 || procfs_parse_runtime(c->buffer, (size_t)n, &t->runtime_ns) < 0)
		t->runtime_ns = 0;
	if (c->scheduler_cpu < 0)
		return;
	procfs_name(name, sizeof(name), "", t->tid, "/stat");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0 || procfs_parse_processor(c->buffer, (size_t)n, &cpu) < 0 ||
		cpu != c->scheduler_cpu)
		return;
	procfs_name(name, sizeof(name), "", t->tid, "/sched");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0 || procfs_parse_exec_start(c->buffer, (size_t)n, &ns) < 0 || ns > INT64_MAX)
		return;
	t->last_ran_ns = (int64_t)ns + c->scheduler_to_monotonic;
	if (t->last_ran_ns > time_now_ns())
		t->last_ran_ns = time_now_ns();
}
