/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How sure a proof is: signals of a live part of the tree, and conditions that are named. */
#include "tests/unit/proving.h"

#include <criterion/criterion.h>

TestSuite(prove_grades, .init = setup, .fini = teardown);

/* Once more, with a child 9 of process 1 that runs; two threads are there already. */
static void prove_beside_someone_alive(void)
{
	proof_done(&proof);
	world_done(&second);
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_wakes_up(&first, 2);
	prove_unchanged();
}

/* The two threads of process 1, beside somebody alive, where process 1 catches these signals. */
static void prove_catcher(uint64_t caught)
{
	first.processes[0].caught = caught;
	proof_done(&proof);
	world_done(&second);
	prove_unchanged();
}

Test(prove_grades, a_catcher_may_be_signalled_by_anyone_alive)
{
	two_threads();
	first.processes[0].caught = 1u << 9;
	prove_unchanged();
	cr_assert(proof.root_stuck, "nobody is left to send one");
	cr_assert_eq(proof.n_certain, 2);
	prove_beside_someone_alive();
	cr_assert_eq(proof.n_stuck, 2, "a deadlock at the deadline");
	cr_assert_eq(proof.n_certain, 0, "its handler may end the wait");
	cr_assert_eq(proof.grade[0], STUCK_UNLESS_SIGNALLED);
	cr_assert_not(proof.root_stuck);
	prove_catcher(UINT64_MAX);
	cr_assert_eq(proof.n_certain, 2, "a runtime's own handlers tell nothing: noted");
	cr_assert_not(proof.root_stuck);
	/* SEGV, BUS, FPE, URG, PIPE and 33: a Go library in a C program. */
	prove_catcher(1u << 10 | 1u << 6 | 1u << 7 | 1u << 22 | 1u << 12 | 1ull << 32);
	cr_assert_eq(proof.n_certain, 2, "nor do those of a Go library");
	prove_catcher(1u << 22);
	cr_assert_eq(proof.n_certain, 0, "SIGURG alone is the program's own");
	prove_catcher(1ull << 32);
	cr_assert_eq(proof.n_certain, 2, "33 is the libc's");
	prove_catcher(1ull << 33);
	cr_assert_eq(proof.n_certain, 0, "34 is the first real-time signal under glibc");
	first.threads[0].blocked = first.threads[1].blocked = 1u << 9;
	prove_catcher(1u << 9);
	cr_assert(proof.root_stuck, "both block it");
}

/* Thread 2 waits for a pipe that somebody could come to hold, thread 1 for thread 2. */
static void two_in_a_row(void)
{
	size_t o;

	two_threads();
	o = world_object(&first, OBJECT_PIPE, WAIT_PIPE_READ, 7);
	world_waker(&first, o, 1);
	first.threads[1].n_objects = 0;
	world_wait(&first, 1, o);
	world_waker(&first, 0, 1);
}

Test(prove_grades, a_named_condition_is_no_proof)
{
	two_in_a_row();
	strcpy(first.objects[2].unless, "somebody opens /run/x");
	prove_unchanged();
	cr_assert_eq(proof.n_unless, 2);
	cr_assert_eq(proof.grade[0], STUCK_UNLESS, "it depends on the other");
	cr_assert_eq(proof.grade[1], STUCK_UNLESS);
	cr_assert_eq(proof.n_stuck, 0);
	cr_assert_not(proof.root_stuck);
	prove_select(&proof, STUCK_UNLESS);
	cr_assert_eq(proof.n_stuck, 2);
	cr_assert(proof.stuck[0] && proof.stuck[1]);
}

Test(prove_grades, a_condition_of_either_collect_counts)
{
	two_in_a_row();
	second = world_copy(&first);
	strcpy(first.objects[2].unless, "somebody opens /run/x");
	prove(&first, &second, &proof);
	cr_assert_eq(proof.n_stuck, 0);
	cr_assert_eq(proof.n_unless, 2);
}

Test(prove_grades, a_condition_of_a_thread_is_its_own)
{
	two_threads();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_futex_wait(&first, 2, 0x30);
	strcpy(first.threads[0].unless, "an alarm is set");
	prove_unchanged();
	cr_assert_eq(proof.grade[0], STUCK_UNLESS);
	cr_assert_eq(proof.grade[1], STUCK_UNLESS, "the other could wake it");
	cr_assert_eq(proof.grade[2], STUCK_CERTAIN);
	cr_assert_eq(proof.n_stuck, 1);
	cr_assert_not(proof.root_stuck);
}

Test(prove_grades, who_has_a_condition_may_live_to_signal_others)
{
	two_threads();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_futex_wait(&first, 2, 0x30);
	first.processes[0].caught = 1u << 9;
	prove_unchanged();
	cr_assert_eq(proof.grade[0], STUCK_CERTAIN);
	strcpy(first.threads[2].unless, "an alarm is set");
	prove_catcher(1u << 9);
	cr_assert_eq(proof.grade[0], STUCK_UNLESS_SIGNALLED);
	cr_assert_eq(proof.grade[2], STUCK_UNLESS);
}

Test(prove_grades, a_timer_is_a_condition_unless_none_is_armed)
{
	two_threads();
	strcpy(first.processes[0].timer_unless, "an alarm of process 1 runs out");
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
	cr_assert_eq(proof.n_unless, 2);
	proof_done(&proof);
	prove_without_timers(&first, &second, &proof);
	cr_assert_eq(proof.n_stuck, 2);
	cr_assert(proof.root_stuck);
}

Test(prove_grades, what_is_demoted_is_no_proof)
{
	two_threads();
	prove_unchanged();
	cr_assert(proof.root_stuck);
	prove_demote(&proof);
	cr_expect_not(proof.root_stuck);
	cr_expect_eq(proof.n_certain, 0);
	cr_expect_eq(proof.least, STUCK_UNLESS);
	cr_expect_eq(proof.n_stuck, 2);
	cr_expect_eq(proof.grade[1], STUCK_UNLESS);
}
