/* SPDX-License-Identifier: MIT */
/* regexec.c: a thread matches with a regex_t at the fork, and the child with the same one. */
#include "lib/scenario.h"

#include <regex.h>

static regex_t regex;

static void compile(void)
{
	MUST(regcomp(&regex, "a(b|c)*d", REG_EXTENDED) == 0);
}

static void match(void)
{
	CHECK(regexec(&regex, "xxabcbcdxx", 0, NULL, 0) == 0);
	CHECK(regexec(&regex, "xxabcbcxx", 0, NULL, 0) == REG_NOMATCH);
}

LIBC_SCENARIO(.summary = "regexec() in the child, of a regex_t of its parent",
	.hazard = "glibc builds the automaton while it matches, with a lock in the regex_t",
	.setup = compile, .stress = match, .child = match,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves a regex_t's lock alone" },
		{ "musl", COMPLETES, "regexec() takes no lock of its own" } },
	.behind = { { "glibc", DEADLOCKS, "nobody takes it" },
		{ "musl", MAY, "it allocates, and nobody takes malloc's lock" } }, );
