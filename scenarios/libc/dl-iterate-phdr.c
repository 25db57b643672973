/* SPDX-License-Identifier: MIT */
/* dl-iterate-phdr.c: a thread walks the loaded objects at the fork, and the child does. */
#include "lib/scenario.h"

#include <link.h>

static int count(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)info;
	(void)size;
	++*(int *)arg;
	return 0;
}

static void walk(void)
{
	int objects = 0;

	dl_iterate_phdr(count, &objects);
	CHECK(objects >= 2);
}

LIBC_SCENARIO(.summary = "dl_iterate_phdr() in the child: what C++ exceptions call",
	.hazard = "the list of loaded objects has a lock", .stress = walk, .child = walk,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves dl_load_write_lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes the loader's lock from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the loader's lock" } },
	.behind = { { "*", MAY, "nobody takes them" } }, );
