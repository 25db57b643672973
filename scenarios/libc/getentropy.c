/* SPDX-License-Identifier: MIT */
/* getentropy.c: threads ask the kernel for random bytes at the fork, and the child does. */
#include "lib/scenario.h"

#include <unistd.h>

static void ask(void)
{
	char bytes[16];

	CHECK(getentropy(bytes, sizeof(bytes)) == 0);
}

LIBC_SCENARIO(.summary = "getentropy() in the child", .hazard = "none: a system call",
	.stress = ask, .child = ask, .fork = { { "*", COMPLETES, "no lock is taken" } },
	.behind = { { "*", COMPLETES, "no lock is taken" } }, );
