/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan/libc_range.c: whether a libc's version satisfies the range of an expectation. */
#include "runner/plan/target.h"

#include <stdlib.h>
#include <string.h>

/* Compares each part as a number: "2.4" is older than "2.36". */
static int compare_versions(const char *a, const char *b)
{
	for (;;) {
		unsigned long x = strtoul(a, (char **)&a, 10), y = strtoul(b, (char **)&b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		if (*a != '.' && *b != '.')
			return 0;
		a += *a == '.';
		b += *b == '.';
	}
}

static bool satisfies(const char *version, const char *condition, size_t len)
{
	char op[3] = "";
	size_t n = 0;
	char limit[32];
	int c;

	while (n < len && n < 2 && strchr("<>=", condition[n])) {
		op[n] = condition[n];
		n++;
	}
	if (len - n >= sizeof(limit))
		return false;
	memcpy(limit, condition + n, len - n);
	limit[len - n] = 0;
	c = compare_versions(version, limit);
	if (!strcmp(op, "<"))
		return c < 0;
	if (!strcmp(op, "<="))
		return c <= 0;
	if (!strcmp(op, ">"))
		return c > 0;
	if (!strcmp(op, ">="))
		return c >= 0;
	return !strcmp(op, "=") && c == 0;
}

bool target_libc_matches(const char *libc, const char *range)
{
	size_t name = strcspn(range, "<>=");
	const char *space = strchr(libc, ' ');
	size_t libc_name = space ? (size_t)(space - libc) : strlen(libc);

	if (!strcmp(range, "*"))
		return true;
	if (name != libc_name || strncmp(range, libc, name))
		return false;
	for (range += name; *range;) {
		size_t len = strcspn(range, ",");

		if (!space || !satisfies(space + 1, range, len))
			return false;
		range += len + (range[len] == ',');
	}
	return true;
}
