/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * modes.h: several kinds of one family in one program. The label "modes: a|b" in the head comment
 * lists them, and tests/audit runs each as a target of its own: argv[1] is how long it takes, the
 * last argument the mode.
 */
#ifndef TESTS_MODES_H
#define TESTS_MODES_H

#include "tests/targets/target.h"

struct mode {
	const char *name;
	void (*run)(long ms);
};

static inline int modes_main(int argc, char **argv, const struct mode *modes)
{
	long ms = target_duration_ms(argc, argv);

	for (; modes->name; modes++)
		if (!strcmp(argv[argc - 1], modes->name)) {
			modes->run(ms);
			return 0;
		}
	errno = EINVAL;
	target_broken(__FILE__, __LINE__, argv[argc - 1]);
	return 1;
}

/* 0 in a child that has slept: it acts and ends by modes_end(). */
static inline pid_t modes_later(long ms)
{
	pid_t pid = target_fork();

	if (pid == 0)
		target_sleep_ms(ms);
	return pid;
}

/* Lives on for a little, so that its own end wakes nobody. */
static inline void modes_end(void)
{
	target_sleep_ms(20);
	_exit(0);
}

#endif
