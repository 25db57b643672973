/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * invariant.h: conditions that hold unless the code is wrong. They are checked in release builds
 * too: a wrong instrument must stop, not report. Never for what a target, a file or the kernel may
 * cause.
 */
#ifndef RUNNER_BASE_INVARIANT_H
#define RUNNER_BASE_INVARIANT_H

/* Writes one line and aborts. */
void invariant_failed(const char *file, int line, const char *condition)
	__attribute__((noreturn, cold));

#define INVARIANT(condition) \
	((condition) ? (void)0 : invariant_failed(__FILE__, __LINE__, #condition))

#endif
