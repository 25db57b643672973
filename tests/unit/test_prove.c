/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proof rule, one small world a rule. Properties over generated worlds: test_prove_worlds.c. */
#include "tests/unit/proving.h"

#include <criterion/criterion.h>
#include <sys/syscall.h>

TestSuite(prove, .init = setup, .fini = teardown);

/* Process 1 waits for its child 2, which is stuck alone in a futex. */
static void parent_and_child(void)
{
	size_t o;

	world_process(&first, 1, 0);
	world_thread(&first, 1);
	world_process(&first, 2, 1);
	world_thread(&first, 2);
	world_futex_wait(&first, 1, 0x20);
	o = world_object(&first, OBJECT_CHILDREN, WAIT_CHILD, 0);
	world_waker(&first, o, 1);
	world_wait(&first, 0, o);
	first.threads[0].syscall_nr = SYS_wait4;
	first.threads[0].args[0] = 2;
}

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

Test(prove, two_threads_in_each_others_way_are_stuck)
{
	two_threads();
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 2);
	cr_assert(proof.root_stuck);
}

Test(prove, a_thread_alone_with_its_own_lock_is_stuck)
{
	world_process(&first, 1, 0);
	world_thread(&first, 1);
	world_futex_wait(&first, 0, 0x10);
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 1);
}

Test(prove, one_runner_in_the_memory_frees_all_of_it)
{
	two_threads();
	world_thread(&first, 3);
	world_wakes_up(&first, 2);
	for (size_t i = 0; i < 2; i++)
		world_waker(&first, i, 2);
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
	cr_assert_not(proof.root_stuck);
	cr_assert_eq(proof.released_by[0], 2);
	cr_assert_eq(proof.released_by[2], SIZE_MAX);
}

Test(prove, whoever_ran_between_is_not_at_rest)
{
	two_threads();
	second = world_copy(&first);
	second.threads[1].voluntary++;
	prove(&first, &second, &proof);
	cr_assert_eq(proof.n_stuck, 0);
}

Test(prove, every_sign_of_life_counts)
{
	two_threads();
	for (int sign = 0; sign < 12; sign++) {
		struct thread *t;

		second = world_copy(&first);
		t = &second.threads[0];
		switch (sign) {
		case 0:
			t->involuntary++;
			break;
		case 1:
			t->syscall_nr++;
			break;
		case 2:
			t->args[5]++;
			break;
		case 3:
			t->sp++;
			break;
		case 4:
			t->pc++;
			break;
		case 5:
			t->state = 'R';
			break;
		case 6:
			t->pending = 4;
			break;
		case 7:
			t->rest = REST_TIMED;
			break;
		case 8:
			second.objects[0].address++;
			break;
		case 9:
			second.objects[0].external = true;
			break;
		case 10:
			second.processes[0].start_time++;
			break;
		case 11:
			second.objects[0].n_wakers = 0;
			break;
		}
		prove(&first, &second, &proof);
		cr_expect_eq(proof.n_stuck, 0, "sign %d was overlooked", sign);
		proof_done(&proof);
		prove(&second, &first, &proof);
		cr_expect_eq(proof.n_stuck, 0, "sign %d was overlooked in the first", sign);
		proof_done(&proof);
		world_done(&second);
	}
}

Test(prove, only_who_sleeps_is_at_rest)
{
	two_threads();
	for (const char *state = "RDTtXIP"; *state; state++) {
		first.threads[0].state = *state;
		prove_unchanged();
		cr_expect_eq(proof.n_stuck, 0, "state %c", *state);
		proof_done(&proof);
		world_done(&second);
	}
}

/* A pid that was reused while it was read: it is not known which of the two was read. */
Test(prove, an_identity_that_stands_twice_matches_nothing)
{
	struct snapshot once;

	two_threads();
	once = world_copy(&first);
	world_thread(&first, 2);
	prove(&first, &once, &proof);
	cr_expect_eq(proof.n_stuck, 0);
	proof_done(&proof);
	prove(&once, &first, &proof);
	cr_expect_eq(proof.n_stuck, 0);
	world_done(&once);
}

Test(prove, a_pending_signal_that_is_blocked_is_no_sign_of_life)
{
	two_threads();
	first.threads[0].pending = first.threads[0].blocked = 4;
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 2);
}

Test(prove, parent_of_a_stuck_child_is_stuck)
{
	parent_and_child();
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 2);
	cr_assert(proof.root_stuck);
}

Test(prove, stuck_child_of_a_live_parent_is_noted_only)
{
	parent_and_child();
	world_wakes_up(&first, 0);
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 1);
	cr_assert(proof.stuck[1]);
	cr_assert_not(proof.root_stuck);
}

Test(prove, a_dead_child_ends_its_parents_wait)
{
	parent_and_child();
	first.threads[1].state = 'Z';
	first.threads[1].rest = REST_EXITING;
	first.threads[1].n_objects = 0;
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
}

Test(prove, a_zombie_leader_wakes_no_thread_it_left_behind)
{
	two_threads();
	first.threads[0].state = 'Z';
	first.threads[0].rest = REST_EXITING;
	first.threads[0].n_objects = 0;
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 1);
	cr_assert(proof.stuck[1]);
	cr_assert(proof.root_stuck, "the zombie is no reason to wait");
}

Test(prove, whoever_died_between_may_have_woken_someone)
{
	two_threads();
	second = world_copy(&first);
	for (size_t i = 0; i < first.n_objects; i++)
		world_waker(&first, i, world_thread(&first, 3 + (pid_t)i));
	prove(&first, &second, &proof);
	cr_assert_eq(proof.n_stuck, 0);
}

Test(prove, a_new_thread_may_wake_someone)
{
	two_threads();
	second = world_copy(&first);
	world_thread(&second, 3);
	world_futex_wait(&second, 2, 0x30);
	world_waker(&second, 0, 2);
	prove(&first, &second, &proof);
	cr_assert_not(proof.stuck[0]);
}

Test(prove, a_holder_that_is_in_the_first_only_frees)
{
	two_threads();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_wakes_up(&first, 2);
	second = world_copy(&first);
	world_waker(&first, 0, 2); /* held the end, and handed it on before the second collect */
	prove(&first, &second, &proof);
	cr_assert_not(proof.stuck[0]);
}

Test(prove, any_object_of_a_poll_frees_it)
{
	size_t dead, live;

	world_process(&first, 1, 0);
	world_thread(&first, 1);
	world_process(&first, 2, 1);
	world_thread(&first, 2);
	world_wakes_up(&first, 1);
	dead = world_object(&first, OBJECT_PIPE, WAIT_PIPE_READ, 7);
	world_waker(&first, dead, 0);
	world_wait(&first, 0, dead);
	live = world_object(&first, OBJECT_PIPE, WAIT_PIPE_READ, 8);
	world_waker(&first, live, 0);
	world_wait(&first, 0, live);
	prove_unchanged();
	cr_assert(proof.stuck[0], "it holds both ends itself");
	proof_done(&proof);
	world_waker(&first, live, 1);
	world_waker(&second, live, 1);
	prove(&first, &second, &proof);
	cr_assert_not(proof.stuck[0]);
	cr_assert_eq(proof.released_by[0], 1);
}

Test(prove, the_kernel_may_still_be_delivering)
{
	static const struct {
		enum object_kind kind;
		enum wait_kind wait;
		int64_t fill, sendq, recvq, peer_sendq, peer_recvq;
		bool stuck;
	} cases[] = {
		{ OBJECT_PIPE, WAIT_PIPE_READ, 0, -1, -1, -1, -1, true },
		{ OBJECT_PIPE, WAIT_PIPE_READ, 1, -1, -1, -1, -1, false },
		{ OBJECT_PIPE, WAIT_PIPE_WRITE, 65536, -1, -1, -1, -1, true },
		{ OBJECT_PIPE, WAIT_PIPE_WRITE, 0, -1, -1, -1, -1, false },
		{ OBJECT_SOCKET, WAIT_SOCK_READ, -1, 0, 0, 0, 0, true },
		{ OBJECT_SOCKET, WAIT_SOCK_READ, -1, 0, 0, 5, 0, false },
		{ OBJECT_SOCKET, WAIT_SOCK_WRITE, -1, 9, 0, 0, 9, true },
		{ OBJECT_SOCKET, WAIT_SOCK_WRITE, -1, 9, 0, 0, 0, false },
	};

	world_process(&first, 1, 0);
	world_thread(&first, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t o = world_object(&first, cases[i].kind, cases[i].wait, 7);

		first.objects[o].fill = cases[i].fill;
		first.objects[o].capacity = cases[i].kind == OBJECT_PIPE ? 65536 : -1;
		first.objects[o].sendq = cases[i].sendq;
		first.objects[o].recvq = cases[i].recvq;
		first.objects[o].peer_sendq = cases[i].peer_sendq;
		first.objects[o].peer_recvq = cases[i].peer_recvq;
		world_waker(&first, o, 0);
		first.threads[0].n_objects = 0;
		world_wait(&first, 0, o);
		prove_unchanged();
		cr_expect_eq(proof.stuck[0], cases[i].stuck, "case %zu", i);
		proof_done(&proof);
		second.objects[o].recvq++;
		prove(&first, &second, &proof);
		cr_expect_not(proof.stuck[0], "case %zu: the queue moved", i);
		proof_done(&proof);
		world_done(&second);
	}
}

Test(prove, an_unreadable_process_could_hold_anything)
{
	two_threads();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	first.processes[1].readable = false;
	first.threads[2].rest = REST_UNREADABLE;
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
}

/* In one collect only: also then it may have held, and done, anything. */
Test(prove, a_process_that_was_unreadable_once_could_hold_anything)
{
	two_threads();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_futex_wait(&first, 2, 0x30);
	second = world_copy(&first);
	prove(&first, &second, &proof);
	cr_assert_eq(proof.n_stuck, 3);
	proof_done(&proof);
	second.processes[1].readable = false;
	prove(&first, &second, &proof);
	cr_expect_eq(proof.n_stuck, 0, "in the second");
	proof_done(&proof);
	prove(&second, &first, &proof);
	cr_expect_eq(proof.n_stuck, 0, "in the first");
}

/* Whose child it was is not asked: it may have been the one that is waited for. */
Test(prove, a_process_that_came_and_went_may_be_the_child)
{
	struct snapshot before;

	parent_and_child();
	first.threads[0].args[0] = (uint64_t)-1;
	before = world_copy(&first);
	world_process(&before, 3, 2);
	world_thread(&before, 3);
	world_wakes_up(&before, 2);
	prove(&first, &first, &proof);
	cr_expect(proof.stuck[0]);
	proof_done(&proof);
	prove(&before, &first, &proof);
	cr_expect_not(proof.stuck[0]);
	cr_expect(proof.stuck[1]);
	world_done(&before);
}

Test(prove, whoever_lives_may_mean_to_kill_who_waits_for_a_signal)
{
	size_t o;

	parent_and_child();
	o = world_object(&first, OBJECT_SIGNAL, WAIT_SIGNAL, 0);
	world_wakers_of(&first, o, 1);
	first.threads[1].n_objects = 0;
	world_wait(&first, 1, o);
	prove_unchanged();
	cr_assert(proof.root_stuck, "its parent waits for it, and nobody else is there");
	prove_beside_someone_alive();
	cr_assert_eq(proof.n_stuck, 0);
}

Test(prove, a_watchdog_may_kill_the_child_that_root_waits_for)
{
	parent_and_child();
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_wakes_up(&first, 2);
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 2);
	cr_assert_not(proof.root_stuck);
}

/* Found by a generated world: the child may be one that another thread has yet to fork. */
Test(prove, any_child_may_be_one_that_is_not_born_yet)
{
	parent_and_child();
	world_process(&first, 3, 2); /* an orphan of 2 would come to 1, if 1 is a subreaper */
	world_thread(&first, 3);
	world_wakes_up(&first, 2);
	prove_unchanged();
	cr_assert(proof.stuck[0], "it waits for child 2 and no other");
	proof_done(&proof);
	first.threads[0].args[0] = second.threads[0].args[0] = (uint64_t)-1;
	prove(&first, &second, &proof);
	cr_assert_not(proof.stuck[0]);
	cr_assert(proof.stuck[1]);
}

/* Thread 2 reads from a pipe of which nobody but its own process has an end. */
Test(prove, whoever_lives_may_open_what_is_within_reach)
{
	size_t o;

	world_process(&first, 1, 0);
	world_thread(&first, 1);
	o = world_object(&first, OBJECT_PIPE, WAIT_PIPE_READ, 7);
	world_wakers_of(&first, o, 0);
	world_wait(&first, 0, o);
	first.objects[o].within_reach = true;
	prove_unchanged();
	cr_assert(proof.root_stuck);
	proof_done(&proof);
	world_done(&second);
	world_process(&first, 9, 1);
	world_thread(&first, 9);
	world_wakes_up(&first, 1);
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
}

Test(prove, nobody_is_no_set)
{
	prove_unchanged();
	cr_assert_eq(proof.n_stuck, 0);
	cr_assert_not(proof.root_stuck);
}
