/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/scan.h"

#include <string.h>

struct scan scan_text(const char *text, size_t n)
{
	return (struct scan){ text, text + n };
}

size_t scan_left(const struct scan *s)
{
	return (size_t)(s->end - s->p);
}

bool scan_line(struct scan *s, struct scan *ret_line)
{
	const char *newline;

	if (s->p == s->end)
		return false;
	newline = memchr(s->p, '\n', scan_left(s));
	*ret_line = (struct scan){ s->p, newline ? newline : s->end };
	s->p = newline ? newline + 1 : s->end;
	return true;
}

void scan_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

bool scan_word(struct scan *s, struct scan *ret_word)
{
	const char *begin;

	scan_blanks(s);
	begin = s->p;
	while (s->p < s->end && *s->p != ' ' && *s->p != '\t' && *s->p != '\n')
		s->p++;
	if (s->p == begin)
		return false;
	*ret_word = (struct scan){ begin, s->p };
	return true;
}

bool scan_literal(struct scan *s, const char *literal)
{
	size_t n = strlen(literal);

	if (scan_left(s) < n || memcmp(s->p, literal, n) != 0)
		return false;
	s->p += n;
	return true;
}

bool scan_equals(const struct scan *s, const char *literal)
{
	size_t n = strlen(literal);

	return scan_left(s) == n && memcmp(s->p, literal, n) == 0;
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

bool scan_u64(struct scan *s, unsigned base, uint64_t *ret_n)
{
	struct scan t = *s;
	uint64_t n = 0;
	const char *first;

	scan_blanks(&t);
	if (base == 16 && scan_left(&t) > 2 && t.p[0] == '0' && t.p[1] == 'x')
		t.p += 2;
	for (first = t.p; t.p < t.end && digit_value(*t.p) < base; t.p++)
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
			__builtin_add_overflow(n, (uint64_t)digit_value(*t.p), &n))
			return false;
	if (t.p == first)
		return false;
	*s = t;
	*ret_n = n;
	return true;
}

bool scan_i64(struct scan *s, int64_t *ret_n)
{
	struct scan t = *s;
	bool minus;
	uint64_t n;

	scan_blanks(&t);
	minus = scan_literal(&t, "-");
	if (!scan_u64(&t, 10, &n) || n > INT64_MAX)
		return false;
	*s = t;
	*ret_n = minus ? -(int64_t)n : (int64_t)n;
	return true;
}
