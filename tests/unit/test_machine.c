/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which processes `why` looks at, out of a table of them. */
#include <criterion/criterion.h>

#include "runner/guard/machine.h"
#include "runner/base/util.h"

TestSuite(machine, .timeout = 30);

/* An init, a shell with a pipeline, a daemon with a worker, somebody else's process. */
static struct machine_process table[] = {
	{ 1, 0, 1, "systemd", true, false },
	{ 10, 1, 10, "bash", true, false },
	{ 11, 10, 10, "make", true, false },
	{ 12, 11, 10, "cc1", true, false },
	{ 20, 1, 20, "nginx", true, false },
	{ 21, 20, 20, "nginx", true, false },
	{ 30, 1, 30, "root-only", false, false },
};

static struct machine machine(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		table[i].selected = false;
	return (struct machine){ table, ARRAY_SIZE(table), ARRAY_SIZE(table) };
}

static void roots_are(const struct machine *m, const pid_t *wanted, size_t n)
{
	cleanup(cleanup_free) pid_t *roots = NULL;

	cr_assert_eq(machine_roots(m, &roots), n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(roots[i], wanted[i], "root %zu is %d", i, (int)roots[i]);
}

Test(machine, all_is_one_tree_for_each_child_of_init)
{
	struct machine m = machine();

	cr_assert_eq(machine_select_all(&m), 6);
	roots_are(&m, (const pid_t[]){ 10, 20 }, 2);
}

Test(machine, an_application_as_process_1_is_a_tree)
{
	struct machine m = machine();

	memcpy(table[0].comm, "python3", 8);
	machine_select_all(&m);
	roots_are(&m, (const pid_t[]){ 1 }, 1);
	memcpy(table[0].comm, "systemd", 8);
}

Test(machine, by_id_and_by_name)
{
	struct machine m = machine();

	cr_assert_eq(machine_select_pid(&m, 12), 1);
	cr_assert_eq(machine_select_pid(&m, 13), 0);
	cr_assert_eq(machine_select_name(&m, "nginx"), 2);
	cr_assert_eq(machine_select_name(&m, "ngin"), 0);
	roots_are(&m, (const pid_t[]){ 12, 20 }, 2);
}

Test(machine, widened_to_the_session)
{
	struct machine m = machine();

	machine_select_pid(&m, 12);
	machine_select_pid(&m, 20);
	machine_widen(&m);
	roots_are(&m, (const pid_t[]){ 10, 20 }, 2);
}

Test(machine, parents_in_a_circle_are_no_endless_loop)
{
	static struct machine_process circle[] = {
		{ 5, 6, 5, "a", true, false },
		{ 6, 5, 5, "b", true, false },
	};
	struct machine m = { circle, 2, 2 };
	cleanup(cleanup_free) pid_t *roots = NULL;

	machine_select_pid(&m, 5);
	machine_roots(&m, &roots);
	machine_widen(&m);
}

Test(machine, this_one_can_be_read)
{
	struct machine m;

	cr_assert_eq(machine_read(&m), 0);
	cr_assert_eq(machine_select_pid(&m, getpid()), 0, "we are left out");
	cr_assert_gt(machine_select_all(&m), 0);
	machine_done(&m);
}
