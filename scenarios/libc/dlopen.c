/* SPDX-License-Identifier: MIT */
/* dlopen.c: a thread loads and unloads a library at the fork, and the child does. */
#include "lib/scenario.h"

#include <dlfcn.h>

#ifdef __GLIBC__
#define LIBRARY "libutil.so.1"
#else
#define LIBRARY "libc.so"
#endif

static void load(void)
{
	void *handle = dlopen(LIBRARY, RTLD_NOW);

	CHECK(handle != NULL);
	CHECK(dlclose(handle) == 0);
}

LIBC_SCENARIO(.summary = "dlopen() and dlclose() in the child", .hazard = "the loader has locks",
	.stress = load, .child = load,
	.fork = { { "glibc", MAY,
			  "fork() overwrites one lock of several: its data may be half done" },
		{ "musl<1.2.2", MAY, "fork() takes the loader's lock from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes the loader's lock" } },
	.behind = { { "*", MAY, "nobody takes them" } }, );
