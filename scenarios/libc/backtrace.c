/* SPDX-License-Identifier: MIT */
/* backtrace.c: a thread takes its own stack trace at the fork, and the child does. */
#include "lib/scenario.h"

#include <execinfo.h>

static void trace(void)
{
	void *frames[16];

	CHECK(backtrace(frames, 16) > 0);
}

LIBC_SCENARIO(.summary = "backtrace() in the child",
	.hazard = "the unwinder asks the loader, which has locks", .setup = trace, .stress = trace,
	.child = trace,
	.fork = { { "*", MAY, "depends on the unwinder: it may search without a lock" } },
	.behind = { { "*", MAY, "depends on the unwinder" } }, );
