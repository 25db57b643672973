/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/snapshot/place.h"

#include <string.h>

#include "runner/base/scan.h"

/* "futex_*": a prefix; else the whole name, without what the compiler adds (".isra.0"). */
static bool name_fits(const struct scan *pattern, const char *name, size_t n)
{
	size_t length = scan_left(pattern);
	bool prefix = length > 0 && pattern->p[length - 1] == '*';

	length -= prefix;
	return (prefix ? n >= length : n == length) && memcmp(pattern->p, name, length) == 0;
}

bool place_fits(const char *places, const char *name, size_t n)
{
	const char *dot = memchr(name, '.', n);

	if (dot)
		n = (size_t)(dot - name);
	while (places && n > 0) {
		const char *end = strchrnul(places, '|');
		struct scan pattern = { places, end };

		if (name_fits(&pattern, name, n))
			return true;
		places = *end ? end + 1 : NULL;
	}
	return false;
}
