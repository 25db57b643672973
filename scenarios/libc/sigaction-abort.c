/* SPDX-License-Identifier: MIT */
/* sigaction-abort.c: a thread handles SIGABRT at the fork, and the child asks how it is handled. */
#include "lib/scenario.h"

#include <signal.h>

static void handle(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	CHECK(sigaction(SIGABRT, &action, NULL) == 0);
}

LIBC_SCENARIO(.summary = "sigaction(SIGABRT) in the child, which is async-signal-safe",
	.hazard = "abort() and sigaction(SIGABRT) share a lock in newer libcs", .stress = handle,
	.child = handle,
	.fork = { { "*", COMPLETES, "fork() looks after the lock where there is one" } },
	.behind = { { "*", MAY, "from glibc 2.41 on nobody does" } },
	.refs = { "POSIX.1-2024: sigaction() and abort() are async-signal-safe" }, );
