/* SPDX-License-Identifier: MIT */
/* opendir.c: a thread opens and closes directories at the fork, and the child does. */
#include "lib/scenario.h"

#include <dirent.h>

static void open_and_close(void)
{
	DIR *dir = opendir("/");

	CHECK(dir != NULL);
	CHECK(readdir(dir) != NULL);
	CHECK(closedir(dir) == 0);
}

LIBC_SCENARIO(.summary = "opendir(), readdir() and closedir() in the child, with its own DIR",
	.hazard = "malloc's locks", .stress = open_and_close, .child = open_and_close,
	.fork = { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		{ "*", COMPLETES, "fork() takes malloc's locks; nobody else has this DIR" } },
	.behind = { { "*", MAY, "nobody takes malloc's locks" } }, );
