/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * race.h: what the race_*.c share. Each is a classic race that hardly ever happens by itself: a
 * hang, or a failed check (SIGABRT). With "ok" as argv[1] the same program is right.
 */
#ifndef TESTS_RACE_H
#define TESTS_RACE_H

#include "tests/targets/target.h"

static bool race_is_ok;

static inline void race_start(int argc, char **argv)
{
	race_is_ok = argc > 1 && !strcmp(argv[1], "ok");
}

#define race_check(cond) ((cond) ? (void)0 : race_failed(#cond))

static inline void race_failed(const char *cond)
{
	dprintf(STDERR_FILENO, "failed: %s\n", cond);
	abort();
}

#endif
