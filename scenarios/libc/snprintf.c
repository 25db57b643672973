/* SPDX-License-Identifier: MIT */
/* snprintf.c: formatting into memory needs no FILE of others; in a thread, and in the child. */
#include "lib/scenario.h"

#include <stdio.h>
#include <string.h>

static void format(void)
{
	char text[64];

	CHECK(snprintf(text, sizeof(text), "%d %s %.3f", 7, "x", 0.5) == 9);
	CHECK(!strcmp(text, "7 x 0.500"));
}

LIBC_SCENARIO(.summary = "snprintf() in the child",
	.hazard = "none is known for plain formats; POSIX does not call it async-signal-safe",
	.stress = format, .child = format, .fork = { { "*", COMPLETES, "no lock is taken" } },
	.behind = { { "*", COMPLETES, "no lock is taken" } }, );
