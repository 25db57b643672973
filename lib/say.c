/* SPDX-License-Identifier: MIT */
/* say.c: messages of a scenario, and the ways to end it early: CHECK, MUST, skip. */
#include "lib/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void scenario_say(const char *const parts[])
{
	char line[512];
	const char *name = scenario.name;
	size_t n = 0;

	for (int i = -1; i < 0 || parts[i]; i++) {
		const char *part = i < 0 ? name : parts[i];
		size_t len = strlen(part);

		if (len > sizeof(line) - 3 - n)
			len = sizeof(line) - 3 - n;
		memcpy(line + n, part, len);
		n += len;
		if (i < 0) {
			line[n++] = ':';
			line[n++] = ' ';
		}
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* standard error is gone */
}

/* Writes a decimal number into buf without stdio. */
static const char *format_number(uint64_t value, char buf[24])
{
	char *p = buf + 23;

	*p = '\0';
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	return p;
}

static void report(const char *kind, const char *file, int line, const char *cond)
{
	char err[24], at[24];

	SAY(file, ":", format_number((uint64_t)line, at), ": ", kind, "(", cond, ") failed, errno ",
		format_number((uint64_t)errno, err));
}

void scenario_check_failed(const char *file, int line, const char *cond)
{
	report("CHECK", file, line, cond);
	_exit(HANGRATE_EXIT_FAIL);
}

void scenario_must_failed(const char *file, int line, const char *cond)
{
	report("MUST", file, line, cond);
	_exit(HANGRATE_EXIT_BROKEN);
}

void scenario_skip(const char *why)
{
	SAY("skipped: ", why);
	_exit(HANGRATE_EXIT_SKIP);
}

void scenario_die(const char *what, const char *value)
{
	SAY(what, ": '", value, "'");
	_exit(HANGRATE_EXIT_BROKEN);
}
