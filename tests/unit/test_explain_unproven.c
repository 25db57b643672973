/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which wait is told of first where nothing is proven. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

enum { PARENT, CHILD };

/* A parent of two threads, the second a monitor of Go's, and its child. */
struct world {
	struct process processes[2];
	struct thread threads[3];
	struct object objects[2];
	size_t of_thread[3][1], wakers[2][2];
	struct explain_thread told[3];
	bool forked[2];
	struct snapshot s;
	struct explanation e;
};

static void world_init(struct world *w)
{
	*w = (struct world){
		.processes = { { .pid = 10, .parent = SIZE_MAX, .n_threads = 2, .comm = "parent" },
			{ .pid = 20, .first_thread = 2, .n_threads = 1, .comm = "child" } },
		.threads = { { .tid = 10, .process = PARENT, .rest = REST_YES, .wait = WAIT_CHILD },
			{ .tid = 11, .process = PARENT, .rest = REST_TIMED },
			{ .tid = 20, .process = CHILD, .rest = REST_TIMED, .rest_why = "nap" } },
		.objects = { { .kind = OBJECT_CHILDREN, .wait = WAIT_CHILD, .name = "pid 20" },
			{ .kind = OBJECT_PIPE, .fill = 7, .capacity = 7, .name = "pipe:[1]" } },
		.wakers = { { 2 }, { 0, 1 } },
	};
	for (size_t i = 0; i < 3; i++)
		w->told[i].go = GO_WAIT_NONE;
	w->told[1].go = GO_WAIT_MONITOR;
	w->objects[0].wakers = w->wakers[0];
	w->objects[0].n_wakers = 1;
	w->objects[1].wakers = w->wakers[1];
	w->objects[1].n_wakers = 2;
	w->threads[0].objects = w->of_thread[0];
	w->threads[0].n_objects = 1;
	w->s = (struct snapshot){ .processes = w->processes,
		.n_processes = 2,
		.threads = w->threads,
		.n_threads = 3,
		.objects = w->objects,
		.n_objects = 2 };
	w->e = (struct explanation){ .s = &w->s,
		.threads = w->told,
		.forked = w->forked,
		.class = CLASS_NONE,
		.leaf = SIZE_MAX };
}

static void expect(struct world *w, const char *text, const char *key)
{
	cleanup(cleanup_free) char *is = explain_unproven(&w->e);
	cleanup(cleanup_free) char *key_is = explain_unproven_key(&w->e);

	cr_assert_str_eq(is, text);
	cr_assert_str_eq(key_is, key);
}

Test(explain_unproven, child_before_its_parent)
{
	struct world w;

	world_init(&w);
	expect(&w,
		"child (pid 20): nap; parent (pid 10), thread 10 waits for the end of its child "
		"child (pid 20)",
		"unproven|waits with a time limit|");
}

Test(explain_unproven, full_pipe_and_who_should_read)
{
	struct world w;

	world_init(&w);
	w.threads[2].rest = REST_YES;
	w.threads[2].wait = w.objects[1].wait = WAIT_PIPE_WRITE;
	w.of_thread[2][0] = 1;
	w.threads[2].objects = w.of_thread[2];
	w.threads[2].n_objects = 1;
	expect(&w,
		"child (pid 20) writes to a full pipe [1] (7 of 7 bytes), which parent (pid 10) "
		"should read; parent (pid 10), thread 10 waits for the end of its child child "
		"(pid 20)",
		"unproven|pipe write|");
}

Test(explain_unproven, collector_of_a_lone_copy)
{
	struct world w;
	cleanup(cleanup_free) char *text = NULL;

	world_init(&w);
	w.forked[CHILD] = true;
	w.told[2].go = GO_WAIT_WORLD;
	text = explain_unproven(&w.e);
	cr_assert(strstr(text, "child (pid 20) waits for a safe point of every processor"));
	cr_assert(strstr(text, "stayed in the parent at fork()"));
	cr_assert(strstr(text, "waits for the end of its child child (pid 20)"));
}

Test(explain_unproven, monitor_tells_nothing)
{
	struct world w;
	cleanup(cleanup_free) char *text = NULL;

	world_init(&w);
	w.s.n_threads = 2;
	w.threads[0].rest = REST_EXITING;
	text = explain_unproven(&w.e);
	cr_assert_null(text);
}
