/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines for a terminal. Pure. */
#include "runner/explain/explain.h"

#include "runner/base/util.h"

enum { HANGING = 4, MIN_WIDTH = 40 };

/* Columns that n bytes take: one a character, which is right but for wide scripts. */
static size_t columns(const char *text, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ((unsigned char)text[i] & 0xc0) != 0x80;
	return sum;
}

static void wrap_line(FILE *out, const char *line, size_t n, size_t width)
{
	size_t indent = strspn(line, " "), column = 0;

	for (size_t at = 0; at < n;) {
		size_t blanks = strspn(line + at, " ");
		size_t word = strcspn(line + at + blanks, " \n");
		size_t wide = columns(line + at + blanks, word);

		if (at + blanks > n)
			blanks = n - at;
		if (column > indent + HANGING && column + blanks + wide > width) {
			fprintf(out, "\n%*s", (int)(indent + HANGING), "");
			column = indent + HANGING;
			blanks = 0;
			at += strspn(line + at, " ");
		}
		fwrite(line + at, 1, blanks + word, out);
		column += blanks + wide;
		at += blanks + word;
	}
	fputc('\n', out);
}

char *explain_wrap(const char *text, size_t width)
{
	char *wrapped = NULL;
	size_t size;
	FILE *out;

	if (width < MIN_WIDTH)
		return mem_strdup(text);
	out = open_memstream(&wrapped, &size);
	if (!out)
		return mem_strdup(text);
	while (*text) {
		size_t n = strcspn(text, "\n");

		wrap_line(out, text, n, width);
		text += n + (text[n] == '\n');
	}
	fclose(out);
	return wrapped;
}
