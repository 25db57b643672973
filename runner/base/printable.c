/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/printable.h"

#include "runner/base/util.h"

/* Sources: Unicode 15, properties Cc, Bidi_Control, Zl and Zp, and the Cf characters that show
 * nothing; XML 1.0, production [2] Char. */
static const struct {
	uint32_t first, last;
} harmful[] = {
	{ 0x00, 0x1f },       /* C0: ESC, new line, BEL */
	{ 0x7f, 0x9f },       /* DEL and C1: CSI in one byte */
	{ 0xad, 0xad },       /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x180e, 0x180e },   /* Mongolian vowel separator */
	{ 0x200b, 0x200f },   /* zero width, left-to-right mark and the like */
	{ 0x2028, 0x202e },   /* line and paragraph separator, bidi embeddings and overrides */
	{ 0x2060, 0x206f },   /* word joiner, bidi isolates */
	{ 0xd800, 0xdfff },   /* surrogates */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xfffe, 0xffff },   /* no characters */
	{ 0xe0000, 0xe0fff }, /* tags and variation selectors */
};

static bool is_harmful(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(harmful); i++)
		if (c >= harmful[i].first && c <= harmful[i].last)
			return true;
	return (c & 0xfffe) == 0xfffe || c > 0x10ffff;
}

/* The length of the character that begins here, 0 where none does; never an overlong form. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *ret_c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = *p < 0x80 ? 1 : *p < 0xc0 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c;

	if (!length || *p > 0xf4 || length > n)
		return 0;
	c = length == 1 ? *p : *p & (0xff >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	*ret_c = c;
	return c >= least[length] ? length : 0;
}

/* to may be the same memory as text. Returns the end. */
static char *clean(const char *text, size_t n, char *to)
{
	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t length = decode((const unsigned char *)text + i, n - i, &c);

		if (!length || is_harmful(c)) {
			*to++ = '?';
		} else {
			memmove(to, text + i, length);
			to += length;
		}
		i += length ? length : 1;
	}
	return to;
}

char *printable_copy(const char *text, size_t n)
{
	char *copy = mem_alloc(n + 1);

	*clean(text, n, copy) = 0;
	return copy;
}

void printable_clean(char *text)
{
	*clean(text, strlen(text), text) = 0;
}
