/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine as a whole tells: rings of io_uring in use, control groups of version 1. */
#include "runner/proc/cgroup.h"
#include "runner/proc/uring.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool groups_may_signal(const char *text)
{
	return cgroup_parse_memory(text, strlen(text));
}

Test(machine_wide, only_version_1_has_the_memory_of_groups)
{
	cr_expect(groups_may_signal("#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
				    "cpu\t0\t1\t1\nmemory\t4\t13\t1\n"));
	cr_expect_not(groups_may_signal("cpu\t1\t1\t1\nmemory\t0\t13\t1\npids\t2\t1\t1\n"));
	cr_expect_not(groups_may_signal("cpu\t1\t1\t1\n"));
	cr_expect(groups_may_signal("memory\n"));
	cr_expect_not(groups_may_signal(""));
}

/* What a ring of ours in use does to the kernel's own count is for the targets to show. */
static bool rings_may_act(const char *objects)
{
	char folder[SCRATCH_MAX], path[SCRATCH_MAX + 32];
	FILE *f;

	scratch_folder(folder);
	snprintf(path, sizeof(path), "%s/objects", folder);
	f = fopen(path, "we");
	cr_assert(f && fputs(objects, f) >= 0 && fclose(f) == 0);
	return uring_may_act_by(folder);
}

Test(machine_wide, a_ring_acts_only_by_its_requests)
{
	cr_expect_not(rings_may_act("0\n"));
	cr_expect(rings_may_act("2 N0=2\n"));
	cr_expect(rings_may_act("no number\n"));
	cr_expect(rings_may_act(""));
	cr_expect(uring_may_act_by("/nowhere"));
}
