/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/shell.h"

#include "runner/base/util.h"

char *shell_quote(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "-_./=:,+%@";
	char *text = mem_alloc(4 * strlen(word) + 3), *p = text;

	if (*word && strspn(word, plain) == strlen(word))
		return strcpy(text, word);
	*p++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			p = stpcpy(p, "'\\''");
		else
			*p++ = *word;
	}
	*p = '\'';
	return text;
}

char *shell_join(const char *first, char *const *argv)
{
	char *line = mem_strdup(first);

	for (; *argv; argv++) {
		cleanup(cleanup_free) char *word = shell_quote(*argv);
		char *longer = mem_printf("%s %s", line, word);

		free(line);
		line = longer;
	}
	return line;
}
