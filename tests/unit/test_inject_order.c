/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which lock orders are predicted to deadlock, and which are known not to. */
#include "runner/inject/order_cycles.h"
#include "runner/inject/order_plan.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/mman.h>

enum { A, B, C, G };
#define BASE UINT64_C(0x10000)

static struct hangrate_order *shared;

/* One process with a program of 1 MB, threads 0 to 3, and locks A to G. */
static void setup(void)
{
	/* The tables are a few megabytes: untouched pages cost nothing. */
	shared = mmap(NULL, HANGRATE_ORDER_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(shared != MAP_FAILED);
	shared->n_processes = shared->n_modules = 1;
	shared->processes[0] =
		(struct hangrate_order_process){ .ready = 1, .parent = HANGRATE_ORDER_NOBODY };
	shared->modules[0] = (struct hangrate_order_module){
		.ready = 1, .base = BASE, .begin = BASE, .end = BASE + 0x100000, .name = "prog"
	};
	shared->n_threads = 4;
	for (uint32_t i = 0; i < 4; i++) {
		shared->threads[i] = (struct hangrate_order_thread){
			.ready = 1, .self = 100 + i, .serial = 10 + i
		};
		shared->locks[i] =
			(struct hangrate_order_lock){ .address = 0x1000 + i, .ready = 1 };
	}
}

static void teardown(void)
{
	munmap(shared, HANGRATE_ORDER_SIZE);
}

/* Places are told apart by thread and locks. */
static struct hangrate_order_edge *edge(uint32_t thread, uint32_t held, uint32_t wanted)
{
	static uint32_t n;
	struct hangrate_order_edge *e = &shared->edges[n++];

	*e = (struct hangrate_order_edge){ .key = n,
		.ready = 1,
		.thread = thread,
		.held = held,
		.wanted = wanted,
		.held_at = { BASE + 0x100 + thread * 16 + held },
		.wanted_at = { BASE + 0x200 + thread * 16 + wanted } };
	return e;
}

static void gate(struct hangrate_order_edge *e, uint32_t lock, bool read)
{
	e->gates[e->n_gates++] = lock * 2 + read;
}

static void add_link(enum hangrate_order_link_kind kind, uint32_t thread, uint32_t segment,
	uint32_t other, uint64_t serial)
{
	shared->links[shared->n_links++] = (struct hangrate_order_link){ .ready = 1,
		.kind = kind,
		.thread = thread,
		.segment = segment,
		.other = 100 + other,
		.serial = serial };
}

static struct order_recording recording;
static struct order_cycle *cycles;

static size_t find(void)
{
	bool cut;
	size_t n;

	order_recording_done(&recording);
	free(cycles);
	cycles = NULL;
	order_recording_read(shared, &recording);
	order_cycles_find(&recording, &cycles, &n, &cut);
	cr_expect(not(cut));
	return n;
}

TestSuite(inject_order, .init = setup, .fini = teardown);

Test(inject_order, two_threads_in_opposite_order)
{
	edge(0, A, B);
	cr_expect(eq(sz, find(), 0));
	edge(1, B, A);
	cr_assert(eq(sz, find(), 1));
	cr_expect(eq(sz, cycles[0].n, 2));
}

Test(inject_order, three_locks)
{
	edge(0, A, B);
	edge(1, B, C);
	cr_expect(eq(sz, find(), 0));
	edge(2, C, A);
	cr_assert(eq(sz, find(), 1));
	cr_expect(eq(sz, cycles[0].n, 3));
}

Test(inject_order, one_thread_never_waits_for_itself)
{
	edge(0, A, B);
	edge(0, B, A);
	cr_expect(eq(sz, find(), 0));
	/* Not in a longer ring either. */
	edge(1, B, C);
	edge(0, C, A);
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, a_common_gate_excludes)
{
	struct hangrate_order_edge *e = edge(0, A, B), *f = edge(1, B, A);

	gate(e, G, false);
	cr_expect(eq(sz, find(), 1));
	gate(f, G, false);
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, readers_share_a_gate)
{
	struct hangrate_order_edge *e = edge(0, A, B), *f = edge(1, B, A);

	gate(e, G, true);
	gate(f, G, true);
	cr_expect(eq(sz, find(), 1));
	f->gates[0] = G * 2;
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, what_one_holds_is_a_gate_of_the_other)
{
	struct hangrate_order_edge *e = edge(0, A, B);

	edge(1, B, A);
	gate(e, B, false);
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, readers_do_not_wait_for_readers)
{
	struct hangrate_order_edge *e = edge(0, A, B), *f = edge(1, B, A);

	e->how = HANGRATE_ORDER_WANTED_READ;
	cr_expect(eq(sz, find(), 1));
	cr_expect(not(cycles[0].needs_writer));
	f->how = HANGRATE_ORDER_HELD_READ;
	cr_expect(eq(sz, find(), 0));
	/* They do where a waiting writer comes first, and there is one. */
	shared->locks[B].flags = HANGRATE_ORDER_WRITER_FIRST;
	cr_expect(eq(sz, find(), 0));
	shared->locks[B].flags |= HANGRATE_ORDER_WRITTEN;
	cr_assert(eq(sz, find(), 1));
	cr_expect(cycles[0].needs_writer);
}

Test(inject_order, a_semaphore_that_others_post_is_no_lock)
{
	edge(0, A, B);
	edge(1, B, A);
	shared->locks[A].flags = HANGRATE_ORDER_FOREIGN;
	cr_expect(eq(sz, find(), 0));
	shared->locks[A].flags = HANGRATE_ORDER_COUNTING;
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, a_thread_that_was_joined_is_over)
{
	struct hangrate_order_edge *mine;

	edge(1, A, B);
	mine = edge(0, B, A);
	/* Thread 0 makes thread 1, and joins it. */
	add_link(HANGRATE_ORDER_CREATE, 0, 0, 1, 5);
	add_link(HANGRATE_ORDER_JOIN, 0, 2, 1, 30);
	mine->first_segment = mine->last_segment = 1;
	cr_expect(eq(sz, find(), 1));
	mine->first_segment = mine->last_segment = 2;
	cr_expect(eq(sz, find(), 0));
	mine->first_segment = mine->last_segment = 0;
	cr_expect(eq(sz, find(), 0));
	/* Now and then is not before. */
	mine->last_segment = 1;
	cr_expect(eq(sz, find(), 1));
}

Test(inject_order, order_goes_through_other_threads)
{
	edge(1, A, B);
	edge(2, B, A);
	/* Thread 3 joins thread 1, and makes thread 2 then. */
	add_link(HANGRATE_ORDER_JOIN, 3, 1, 1, 15);
	cr_expect(eq(sz, find(), 1));
	add_link(HANGRATE_ORDER_CREATE, 3, 1, 2, 11);
	cr_expect(eq(sz, find(), 0));
}

Test(inject_order, a_name_of_a_thread_is_used_again)
{
	struct hangrate_order_edge *mine = edge(0, B, A);

	edge(2, A, B);
	/* Joined was thread 1, which had the name of thread 2 before. */
	shared->threads[2].self = shared->threads[1].self;
	add_link(HANGRATE_ORDER_JOIN, 0, 1, 1, 12);
	mine->first_segment = mine->last_segment = 1;
	cr_expect(eq(sz, find(), 1));
}

Test(inject_order, places_make_one_cycle_of_many)
{
	/* Three philosophers, one line of code. */
	for (uint32_t i = 0; i < 3; i++) {
		struct hangrate_order_edge *e = edge(i, i, (i + 1) % 3);

		e->held_at[0] = BASE + 0x100;
		e->wanted_at[0] = BASE + 0x200;
	}
	cr_assert(eq(sz, find(), 1));
	{
		char *text cleanup(cleanup_free) = order_plan_text(&recording, &cycles[0], 0);

		cr_expect(eq(str, text, "at=prog+0x100/prog+0x200"));
		cr_expect(eq(ptr, order_plan_text(&recording, &cycles[0], 1), NULL));
	}
}

Test(inject_order, a_wrapper_is_told_apart_by_its_caller)
{
	struct hangrate_order_edge *e = edge(0, A, B), *f = edge(1, B, A);
	char *text cleanup(cleanup_free) = NULL;

	for (int i = 0; i < 2; i++) {
		struct hangrate_order_edge *x = i ? f : e;

		x->held_at[0] = x->wanted_at[0] = BASE + 0x10;
		x->held_at[1] = x->wanted_at[1] = BASE + 0x20;
		x->held_at[2] = BASE + 0x30 + (uint64_t)i;
		x->wanted_at[2] = BASE + 0x40 + (uint64_t)i;
	}
	cr_assert(eq(sz, find(), 1));
	text = order_plan_text(&recording, &cycles[0], 2);
	cr_expect(eq(str, text,
		"at=prog+0x10@prog+0x30/prog+0x10@prog+0x40:"
		"prog+0x10@prog+0x31/prog+0x10@prog+0x41,first=2"));
}

Test(inject_order, a_place_without_a_name_is_no_plan)
{
	edge(0, A, B);
	edge(1, B, A)->wanted_at[0] = 0x7000000;
	cr_assert(eq(sz, find(), 1));
	cr_expect(eq(ptr, order_plan_text(&recording, &cycles[0], 0), NULL));
}

Test(inject_order, threads_that_were_apart_are_held_longer)
{
	char *text cleanup(cleanup_free) = NULL;
	struct order_plan plan;

	edge(0, A, B);
	edge(1, B, A)->first_ns = 300 * NSEC_PER_MSEC;
	cr_assert(eq(sz, find(), 1));
	text = order_plan_text(&recording, &cycles[0], 0);
	cr_expect(strstr(text, ",bound=1250ms") != NULL, "%s", text);
	cr_assert(eq(int, order_plan_parse(text, &plan), 0));
	cr_expect(eq(u64, plan.bound_ns, 1250 * NSEC_PER_MSEC));
	cr_expect(eq(u32, plan.n_roles, 2));
	cr_expect(eq(u64, plan.roles[0].held, order_place_id("prog+0x100")));
}

Test(inject_order, what_is_no_plan)
{
	static const char *const wrong[] = { "", "at=", "at=prog+0x1", "at=prog+0x1/",
		"at=prog/prog", "at=prog+0x1/prog+0x2,first=0", "at=prog+0x1/prog+0x2,first=2",
		"first=1", "at=prog+0x1/prog+0x2,bound=1h", "at=prog+0x1/prog+0x2,bound=0",
		"at=prog+0x1/prog+0x2,when=3", "at=prog+0x1/prog+0x2:", "at=+0x1/prog+0x2",
		"at=prog+0xg/prog+0x2" };
	struct order_plan plan;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		cr_expect(lt(int, order_plan_parse(wrong[i], &plan), 0), "%s", wrong[i]);
	cr_expect(eq(int, order_plan_parse("at=prog+0x1@p+0x3/prog+0x2,first=1", &plan), 0));
	cr_expect(eq(u64, plan.roles[0].held_caller, order_place_id("p+0x3")));
	cr_expect(eq(u64, plan.bound_ns, ORDER_BOUND_NS));
}

Test(inject_order, what_a_target_wrote_is_checked)
{
	edge(0, A, B)->thread = 77;
	edge(1, B, A)->held = 70000;
	edge(1, B, A)->n_gates = 70000;
	edge(1, B, A)->gates[edge(1, B, B)->n_gates] = 0;
	edge(2, C, 999);
	shared->n_threads = shared->n_links = shared->n_modules = shared->n_processes = UINT32_MAX;
	shared->links[3] = (struct hangrate_order_link){ .ready = 1, .thread = 1 << 30 };
	cr_expect(eq(sz, find(), 0));
	cr_expect(ge(u64, recording.dropped, 4));
}
