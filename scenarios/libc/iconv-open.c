/* SPDX-License-Identifier: MIT */
/* iconv-open.c: a thread opens a conversion at the fork, and the child does. */
#include "lib/scenario.h"

#include <iconv.h>

static void open_and_close(void)
{
	iconv_t cd = iconv_open("UCS-2", "UTF-8"); /* built in everywhere */

	CHECK(cd != (iconv_t)-1);
	CHECK(iconv_close(cd) == 0);
}

LIBC_SCENARIO(.summary = "iconv_open() in the child",
	.hazard = "the list of conversions has a lock", .setup = open_and_close,
	.stress = open_and_close, .child = open_and_close,
	.fork = { { "glibc", MAY, "fork() leaves the lock alone" },
		{ "musl", COMPLETES, "iconv_open() takes no lock of its own" } },
	.behind = { { "*", MAY, "nobody takes the lock, nor malloc's" } }, );
