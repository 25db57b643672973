/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether `why` calls a set stuck or asleep, and what it says could still end it. */
#include "runner/explain/internal.h"
#include "runner/base/util.h"
#include "tests/unit/world.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/syscall.h>

#define INTERRUPT (UINT64_C(1) << (SIGINT - 1))

static struct snapshot s;
static struct proof p;
static struct explain_thread told[4];
static bool flags[4];
static struct explanation e;

/* Process 1 waits for process 2, which waits in the way of the test; 1 catches SIGINT. */
static void setup(void)
{
	size_t children;

	s = world_new(1);
	memset(told, 0, sizeof(told));
	world_process(&s, 1, 0);
	world_thread(&s, 1);
	world_process(&s, 2, 1);
	world_thread(&s, 2);
	children = world_object(&s, OBJECT_CHILDREN, WAIT_CHILD, 0);
	world_waker(&s, children, 1);
	world_wait(&s, 0, children);
	s.threads[0].syscall_nr = SYS_wait4;
	s.threads[0].args[0] = 2;
	s.processes[0].caught = INTERRUPT;
}

static void teardown(void)
{
	world_done(&s);
	proof_done(&p);
}

TestSuite(explain_outcome, .init = setup, .fini = teardown);

static size_t second_waits(enum object_kind kind, enum wait_kind wait)
{
	size_t o = world_object(&s, kind, wait, 7);

	world_waker(&s, o, 0);
	world_waker(&s, o, 1);
	world_wait(&s, 1, o);
	return o;
}

static void explain_now(void)
{
	prove(&s, &s, &p);
	prove_select_best(&p);
	for (size_t i = 0; i < s.n_threads; i++)
		told[i] = (struct explain_thread){
			.stuck = p.stuck[i], .cause = i, .owner = SIZE_MAX, .go = GO_WAIT_NONE
		};
	e = (struct explanation){
		.s = &s, .p = &p, .threads = told, .had_threads = flags, .forked = flags
	};
	explain_classify(&e);
}

Test(explain_outcome, who_waits_for_input_and_catches_a_signal_is_asleep)
{
	second_waits(OBJECT_PIPE, WAIT_PIPE_READ);
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_ASLEEP);
}

Test(explain_outcome, nobody_idle_waits_to_write)
{
	second_waits(OBJECT_PIPE, WAIT_PIPE_WRITE);
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_STUCK);
}

Test(explain_outcome, nobody_idle_waits_for_a_lock)
{
	second_waits(OBJECT_FILE_LOCK, WAIT_FLOCK);
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_STUCK);
}

Test(explain_outcome, a_polled_pipe_counts_when_it_is_full)
{
	size_t o = second_waits(OBJECT_PIPE, WAIT_PIPE_WRITE);

	s.threads[1].wait = WAIT_POLL;
	s.objects[o].fill = 1;
	s.objects[o].capacity = 4096;
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_ASLEEP, "edge-triggered: it is not full");
	proof_done(&p);
	s.objects[o].fill = 4096;
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_STUCK);
}

Test(explain_outcome, without_a_handler_nobody_is_asleep)
{
	second_waits(OBJECT_PIPE, WAIT_PIPE_READ);
	s.processes[0].caught = 0;
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_STUCK);
}

Test(explain_outcome, a_condition_is_told)
{
	size_t o = second_waits(OBJECT_PIPE, WAIT_PIPE_WRITE);
	cleanup(cleanup_free) char *unless = NULL;

	strcpy(s.objects[o].unless, "somebody opens /run/x");
	strcpy(s.processes[1].timer_unless, "an alarm of process 2 runs out");
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_UNLESS);
	unless = explain_unless(&e);
	cr_assert_str_eq(unless, "an alarm of process 2 runs out, or somebody opens /run/x");
}

Test(explain_outcome, who_lives_could_send_the_signal)
{
	cleanup(cleanup_free) char *unless = NULL;

	second_waits(OBJECT_PIPE, WAIT_PIPE_WRITE);
	world_process(&s, 9, 1);
	world_thread(&s, 9);
	world_wakes_up(&s, 2);
	strcpy(s.processes[2].comm, "live");
	explain_now();
	cr_assert_eq(p.n_stuck, 2);
	unless = explain_unless(&e);
	cr_assert_str_eq(unless, "process 9 \"live\" signals it");
}

Test(explain_outcome, a_child_that_catches_makes_no_daemon_of_its_parent)
{
	second_waits(OBJECT_PIPE, WAIT_PIPE_READ);
	s.processes[0].caught = 0;
	s.processes[1].caught = INTERRUPT;
	explain_now();
	cr_assert_eq(explain_outcome(&e), EXPLAIN_STUCK);
}
