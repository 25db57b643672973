/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/priority.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runner/arch/arch.h"
#include "runner/base/util.h"

/* The least slice that the kernel grants. */
#define SLICE_NS 100000
#define NICE (-20)

/* The first version of struct sched_attr. */
struct attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static bool set(int nice, uint64_t slice_ns)
{
	struct attr a = {
		.size = sizeof(a), .policy = SCHED_OTHER, .nice = nice, .runtime = slice_ns
	};

	return raw_call(SYS_sched_setattr, 0, (long)&a, 0, 0) == 0;
}

/*
 * A short slice means an early deadline: who wakes with one need not wait until the others have
 * used up theirs. The nice value helps among the tasks of the session only where the kernel groups
 * them so (autogroup). A real-time policy was tried, and left the loop without a processor for 0.95
 * s now and then (Linux 6.18, when the kernel gives everybody else their share).
 */
bool priority_raise(void)
{
	if (sched_getscheduler(0) != SCHED_OTHER || getpriority(PRIO_PROCESS, 0) != 0)
		return false;
	return set(NICE, SLICE_NS) || set(0, SLICE_NS);
}

void priority_lower(void)
{
	set(0, 0);
}
