/* SPDX-License-Identifier: MIT */
/* getpwnam-r.c: the cure of getpwnam.c: the caller brings the memory of the result. */
#include "lib/scenario.h"

#include <pwd.h>

static void look_up(void)
{
	struct passwd user, *found;
	char text[4096];

	CHECK(getpwnam_r("root", &user, text, sizeof(text), &found) == 0);
	CHECK(found && found->pw_uid == 0);
}

LIBC_SCENARIO(.summary = "getpwnam_r() in the child",
	.hazard = "the databases have a lock, and a FILE is opened", .setup = look_up,
	.stress = look_up, .child = look_up,
	.fork = { { "glibc", MAY, "no hang was seen; what it calls takes locks" },
		{ "musl", COMPLETES, "fork() takes the locks of opening a FILE" } },
	.behind = { { "*", MAY, "it opens a FILE and allocates" } }, );
