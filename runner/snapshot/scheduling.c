/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a thread last ran and for how long: two more files a thread, read on demand only. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

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

/* The scheduler's clock of a processor, as what is to be added for the monotonic one. It only falls
 * behind, so that an older reading of it plus this is never too early. INT64_MIN unknown. */
static int64_t clock_of(struct collect *c, int cpu)
{
	cpu_set_t before, only;
	int64_t offset;

	if (cpu >= CPU_SETSIZE || sched_getaffinity(0, sizeof(before), &before) < 0)
		return INT64_MIN;
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	if (sched_setaffinity(0, sizeof(only), &only) < 0)
		return INT64_MIN;
	scheduling_calibrate(c);
	offset = c->scheduler_cpu == cpu ? c->scheduler_to_monotonic : INT64_MIN;
	sched_setaffinity(0, sizeof(before), &before);
	return offset;
}

/* When it last came to a processor, at the latest; INT64_MAX if unknown. */
static int64_t ran_at_latest(struct collect *c, int tasks, pid_t tid)
{
	char name[NAME_SIZE];
	int64_t offset, ran;
	uint64_t ns;
	ssize_t n;
	int cpu;

	procfs_name(name, sizeof(name), "", tid, "/stat");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0 || procfs_parse_processor(c->buffer, (size_t)n, &cpu) < 0)
		return INT64_MAX;
	procfs_name(name, sizeof(name), "", tid, "/sched");
	n = procfs_read_record(tasks, name, c->buffer, sizeof(c->buffer));
	if (n < 0 || procfs_parse_exec_start(c->buffer, (size_t)n, &ns) < 0 || ns > INT64_MAX / 2)
		return INT64_MAX;
	offset = clock_of(c, cpu);
	if (offset == INT64_MIN)
		return INT64_MAX;
	ran = (int64_t)ns + offset;
	/* The two clocks are not adjusted alike: a thousandth is more than they ever differ by. */
	return ran + (time_now_ns() - ran) / 1000;
}

struct ran_since {
	struct collect *c;
	int tasks;
	int64_t since_ns;
};

static int ran_since(void *data, int tid)
{
	const struct ran_since *r = data;

	return ran_at_latest(r->c, r->tasks, tid) >= r->since_ns;
}

/* Monotonic, and rather too early: a process's start is told in clock ticks. */
int64_t scheduling_root_started_ns(const struct collect *c)
{
	int64_t tick = NSEC_PER_SEC / sysconf(_SC_CLK_TCK);
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return time_now_ns() - (boot.tv_sec * NSEC_PER_SEC + boot.tv_nsec) +
	       (int64_t)c->s->processes[0].start_time * tick - 2 * tick;
}

bool scheduling_ran_since_start(struct collect *c, pid_t pid)
{
	cleanup(cleanup_close) int tasks = -1;
	struct ran_since r = { c, -1, scheduling_root_started_ns(c) };
	char name[NAME_SIZE];

	procfs_name(name, sizeof(name), "", pid, "/task");
	tasks = openat(c->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.tasks = tasks;
	return tasks < 0 ? errno != ENOENT : procfs_each_number(tasks, ran_since, &r) != 0;
}
