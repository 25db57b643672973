/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "runner/trial/keeper.h"
#include "runner/trial/priority.h"

/* The first version of struct sched_attr. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static struct attr attr_of(pid_t pid)
{
	struct attr a = { 0 };

	cr_assert(eq(long, syscall(SYS_sched_getattr, pid, &a, sizeof(a), 0), 0));
	return a;
}

static void assert_same(struct attr a, struct attr b)
{
	cr_assert(eq(u32, a.policy, b.policy));
	cr_assert(eq(i32, a.nice, b.nice));
	cr_assert(eq(u64, a.flags, b.flags));
	cr_assert(eq(u64, a.runtime, b.runtime));
}

static void usual(void)
{
	if (sched_getscheduler(0) != SCHED_OTHER || getpriority(PRIO_PROCESS, 0) != 0)
		cr_skip("the tests themselves do not run at the usual priority");
}

Test(priority, raised_and_lowered)
{
	struct attr before = attr_of(0), raised;

	usual();
	cr_assert(priority_raise());
	raised = attr_of(0);
	cr_assert(eq(u32, raised.policy, SCHED_OTHER));
	if (!before.runtime && !raised.runtime && raised.nice == before.nice)
		cr_skip("a kernel without slices, and no permission to a nice value");
	cr_assert(raised.nice < before.nice || raised.runtime < before.runtime);
	priority_lower();
	assert_same(attr_of(0), before);
}

Test(priority, a_trial_starts_as_from_a_shell)
{
	char *const argv[] = { "sh", "-c", "echo; exec sleep 60", NULL }, *const env[] = { NULL };
	struct spawn_request request = {
		.path = "/bin/sh", .argv = argv, .env = env, .inject.handover = -1, .raised = true
	};
	struct pollfd executed = { .events = POLLIN };
	struct attr before = attr_of(0);
	struct keeper *keeper;
	struct spawner spawner;
	int fds[2];

	usual();
	cr_assert(eq(int, spawner_init(&spawner), 0));
	cr_assert(eq(int, pipe2(fds, O_CLOEXEC), 0));
	cr_assert(priority_raise());
	request.output = fds[1];
	cr_assert(eq(int, keeper_new(&spawner, &request, &keeper), 0));
	cr_assert(eq(int, keeper_start(keeper, &request, INT64_MAX), 0));
	executed.fd = fds[0];
	cr_assert(eq(int, poll(&executed, 1, -1), 1));
	assert_same(attr_of(keeper_root(keeper)), before);
	keeper_free(keeper, INT64_MAX);
	spawner_done(&spawner);
	close(fds[0]);
	close(fds[1]);
	priority_lower();
}
