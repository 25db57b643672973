/* SPDX-License-Identifier: MIT */
/* gettext.c: a thread binds a catalogue at the fork, and the child translates. */
#include "lib/scenario.h"

#include <libintl.h>
#include <string.h>

static void bind_domain(void)
{
	CHECK(bindtextdomain("hangrate", "/tmp"));
	CHECK(!strcmp(dgettext("hangrate", "text"), "text"));
}

LIBC_SCENARIO(.summary = "bindtextdomain() and dgettext() in the child",
	.hazard = "the catalogues have a lock", .stress = bind_domain, .child = bind_domain,
	.timeout_ms = 120, /* some spin */
	.fork = { { "glibc", MAY, "fork() leaves the lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", MAY, "nobody takes it" } }, );
