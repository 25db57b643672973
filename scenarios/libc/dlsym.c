/* SPDX-License-Identifier: MIT */
/* dlsym.c: a thread looks up a symbol at the fork, and the child does. */
#include "lib/scenario.h"

#include <dlfcn.h>

static void look_up(void)
{
	CHECK(dlsym(RTLD_DEFAULT, "malloc") != NULL);
}

LIBC_SCENARIO(.summary = "dlsym() in the child", .hazard = "the loader has locks",
	.stress = look_up, .child = look_up,
	.fork = { { "glibc", MAY, "fork() overwrites the lock that dlsym() takes" },
		{ "musl<1.2.2", MAY, "fork() takes the loader's lock from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the loader's lock" } },
	.behind = { { "*", MAY, "nobody takes them" } }, );
