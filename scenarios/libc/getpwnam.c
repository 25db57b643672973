/* SPDX-License-Identifier: MIT */
/* getpwnam.c: a thread looks up a user at the fork, and the child does. */
#include "lib/scenario.h"

#include <pwd.h>

static void look_up(void)
{
	const struct passwd *user = getpwnam("root");

	CHECK(user && user->pw_uid == 0);
}

LIBC_SCENARIO(.summary = "getpwnam() in the child",
	.hazard = "the functions with a static result have a lock each", .setup = look_up,
	.stress = look_up, .child = look_up,
	.fork = { { "glibc", DEADLOCKS, "held all the while, and fork() leaves it alone" },
		{ "musl", COMPLETES, "no lock guards the result" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "it opens a FILE and allocates" } }, );
