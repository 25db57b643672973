/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beside many processes: who has not run is not read again, and nobody is forgotten. */
#include "runner/base/util.h"
#include "runner/snapshot/outsiders.h"
#include "runner/snapshot/snapshot.h"
#include "tests/unit/snapshot_child.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <unistd.h>

TestSuite(outsiders, .timeout = 60);

enum { MANY = 120 };

static void sleep_for_ever(void *data)
{
	(void)data;
	for (;;)
		pause();
}

/* Of a pipe of which it has both ends. */
static void read_pipe(void *data)
{
	char byte;

	_exit(read(*(int *)data, &byte, 1) < 0);
}

static void read_own_pipe(void *data)
{
	int own[2];

	(void)data;
	if (pipe(own) < 0)
		_exit(1);
	read_pipe(own);
}

/* Whether somebody beyond the tree holds what its first thread waits for. */
static bool is_external(pid_t root, struct outsiders *o)
{
	const struct snapshot_options options = { .outsiders = o, .complete = true };
	enum wait_kind reads = WAIT_PIPE_READ;
	struct snapshot s;
	bool external;

	cr_assert(child_await(root, &options, holds_root_waits, &reads, &s));
	cr_assert_eq(s.threads[0].n_objects, 1);
	external = s.objects[s.threads[0].objects[0]].external;
	snapshot_done(&s);
	return external;
}

Test(outsiders, who_was_in_the_last_tree_is_beyond_the_next)
{
	struct outsiders *o = outsiders_new();
	pid_t sleepers[MANY], reader, holder;
	int p[2];

	for (int i = 0; i < MANY; i++)
		sleepers[i] = child_start(sleep_for_ever, NULL);
	cr_assert_eq(pipe(p), 0);
	reader = child_start_provable(read_pipe, &p[0]);
	holder = child_start_provable(read_own_pipe, NULL);
	close(p[0]);
	close(p[1]);
	/* The first search lists all; from then on the kernel tells who has run, where it may. */
	for (int i = 0; i < 3; i++)
		cr_expect(is_external(reader, o), "search %d", i);
	for (int i = 0; i < 3; i++) {
		cr_expect_not(is_external(holder, o), "its own pipe, %d", i);
		cr_expect(is_external(reader, o), "once more, %d", i);
	}
	child_end(holder);
	cr_expect_not(is_external(reader, o), "the holder has ended");
	child_end(reader);
	for (int i = 0; i < MANY; i++)
		child_end(sleepers[i]);
	outsiders_free(o);
}
