/* SPDX-License-Identifier: MIT */
/* readdir.c: a thread reads a DIR at the fork, and the child reads the same one. */
#include "lib/scenario.h"

#include <dirent.h>

static DIR *dir;

static void open_dir(void)
{
	dir = opendir("/");
	MUST(dir != NULL);
}

static void read_all(void)
{
	rewinddir(dir);
	readdir(dir); /* NULL when another reached the end: they share the position */
}

LIBC_SCENARIO(.summary = "rewinddir() and readdir() in the child, of a DIR of its parent",
	.hazard = "each DIR has a lock", .setup = open_dir, .stress = read_all, .child = read_all,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves a DIR's lock alone" },
		{ "*", MAY, "only rewinddir() takes it, for an instant" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "*", MAY, "only rewinddir() takes it, for an instant" } }, );
