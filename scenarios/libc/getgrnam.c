/* SPDX-License-Identifier: MIT */
/* getgrnam.c: a thread looks up a group at the fork, and the child does. */
#include "lib/scenario.h"

#include <grp.h>

static void look_up(void)
{
	const struct group *group = getgrnam("root");

	CHECK(group && group->gr_gid == 0);
}

LIBC_SCENARIO(.summary = "getgrnam() in the child",
	.hazard = "the functions with a static result have a lock each", .setup = look_up,
	.stress = look_up, .child = look_up,
	.fork = { { "glibc", DEADLOCKS, "held all the while, and fork() leaves it alone" },
		{ "musl", MAY, "no lock guards the result: wrong in 8 of 97, never stuck" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "it opens a FILE and allocates" } }, );
