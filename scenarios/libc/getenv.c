/* SPDX-License-Identifier: MIT */
/* getenv.c: a thread changes a variable at the fork, and the child reads it. */
#include "lib/scenario.h"

#include <stdlib.h>
#include <string.h>

#define NAME "HANGRATE_TEST"

static void prepare(void)
{
	MUST(setenv(NAME, "one", 1) == 0);
}

static void change(void)
{
	CHECK(setenv(NAME, "one", 1) == 0);
	CHECK(setenv(NAME, "two", 1) == 0);
}

static void read_it(void)
{
	const char *value = getenv(NAME);

	CHECK(value != NULL);
	CHECK(!strcmp(value, "one") || !strcmp(value, "two"));
}

LIBC_SCENARIO(.summary = "getenv() in the child",
	.hazard = "no lock is taken, so what is read may be half changed", .setup = prepare,
	.stress = change, .child = read_it,
	.fork = { { "*", COMPLETES, "a value is replaced by changing one pointer" } },
	.behind = { { "*", COMPLETES, "a value is replaced by changing one pointer" } }, );
