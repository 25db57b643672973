/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/units.h"

#include "runner/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

/* strtod() that takes neither signs, spaces, hexadecimal, inf nor nan. */
static int parse_number(const char *s, double *ret_value, const char **ret_end)
{
	char *end;
	double v;

	if (!isdigit((unsigned char)s[0]) && s[0] != '.')
		return -EINVAL;
	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return -EINVAL;
	v = strtod(s, &end);
	if (end == s || !isfinite(v))
		return -EINVAL;
	*ret_value = v;
	*ret_end = end;
	return 0;
}

int units_parse_duration(const char *s, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {
		{ "ns", 1 },
		{ "us", 1e3 },
		{ "ms", 1e6 },
		{ "s", 1e9 },
		{ "m", 60e9 },
		{ "min", 60e9 },
		{ "h", 3600e9 },
	};
	const char *end;
	double v;
	int r;

	r = parse_number(s, &v, &end);
	if (r < 0)
		return r;
	if (!*end && v == 0) {
		*ret_ns = 0;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		v *= units[i].ns;
		if (v > 9.2e18)
			return -ERANGE;
		*ret_ns = (int64_t)llround(v);
		return 0;
	}
	return -EINVAL;
}

int units_parse_size(const char *s, uint64_t *ret_bytes)
{
	static const char prefixes[] = "KMGT";
	const char *end, *p;
	double v;
	int r;

	r = parse_number(s, &v, &end);
	if (r < 0)
		return r;
	p = *end ? strchr(prefixes, *end == 'k' ? 'K' : *end) : NULL;
	if (p) {
		v *= ldexp(1, 10 * (int)(p - prefixes + 1));
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
	}
	if (!strcmp(end, "B"))
		end++;
	if (*end)
		return -EINVAL;
	if (v >= 0x1p63)
		return -ERANGE;
	*ret_bytes = (uint64_t)v;
	return 0;
}

int units_parse_u64(const char *s, uint64_t *ret_n)
{
	char *end;
	uint64_t v;

	if (!isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno == ERANGE)
		return -ERANGE;
	if (*end)
		return -EINVAL;
	*ret_n = v;
	return 0;
}

int units_parse_probability(const char *s, double *ret_p)
{
	const char *end;
	double v;
	int r;

	r = parse_number(s, &v, &end);
	if (r < 0)
		return r;
	if (*end == '%') {
		v /= 100;
		end++;
	}
	if (*end)
		return -EINVAL;
	if (v > 1)
		return -ERANGE;
	*ret_p = v;
	return 0;
}

const char *units_format_duration(int64_t ns, char buf[static UNITS_MAX])
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {
		{ "s", NSEC_PER_SEC },
		{ "ms", NSEC_PER_MSEC },
		{ "us", 1000 },
		{ "ns", 1 },
	};

	if (ns == 0)
		return strcpy(buf, "0");
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (ns < units[i].ns)
			continue;
		snprintf(buf, UNITS_MAX, "%.6g%s", (double)ns / (double)units[i].ns, units[i].unit);
		break;
	}
	return buf;
}

const char *units_format_size(uint64_t bytes, char buf[static UNITS_MAX])
{
	static const char prefixes[] = "TGMK";

	for (int i = 0; i < 4; i++) {
		uint64_t unit = UINT64_C(1) << (10 * (4 - i));

		if (bytes < unit || bytes % unit)
			continue;
		snprintf(buf, UNITS_MAX, "%" PRIu64 "%c", bytes / unit, prefixes[i]);
		return buf;
	}
	snprintf(buf, UNITS_MAX, "%" PRIu64, bytes);
	return buf;
}
