/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads that do the same need one sentence. Pure. */
#include "runner/explain/internal.h"

#include "runner/base/util.h"

#include <ctype.h>

/* Behind "thread 12" in the subject of a sentence: where " and 2 more" belongs. NULL: it names no
 * thread, as in a cause. */
static const char *end_of_thread(const char *sentence, const char **ret_number)
{
	const char *at = strstr(sentence, "thread ");

	if (!at || !isdigit((unsigned char)at[strlen("thread ")]))
		return NULL;
	*ret_number = at + strlen("thread ");
	return *ret_number + strspn(*ret_number, "0123456789");
}

/* What has no name is told by its address, which a reader can't tell from another. */
static bool is_same_but_address(const char *a, const char *b)
{
	static const char at[] = " at 0x";
	const char *address_a = strstr(a, at), *address_b = strstr(b, at);
	size_t n_a, n_b;

	if (!address_a || !address_b)
		return !strcmp(a, b);
	n_a = (size_t)(address_a - a) + strlen(at);
	n_b = (size_t)(address_b - b) + strlen(at);
	if (n_a != n_b || strncmp(a, b, n_a))
		return false;
	n_a += strspn(a + n_a, "0123456789abcdef");
	n_b += strspn(b + n_b, "0123456789abcdef");
	return !strcmp(a + n_a, b + n_b);
}

/* Equal but for the thread's number. */
static bool is_alike(const char *a, const char *b)
{
	const char *number_a, *number_b;
	const char *end_a = end_of_thread(a, &number_a), *end_b = end_of_thread(b, &number_b);

	if (!end_a || !end_b)
		return !end_a && !end_b && !strcmp(a, b);
	return number_a - a == number_b - b && !strncmp(a, b, (size_t)(number_a - a)) &&
	       is_same_but_address(end_a, end_b);
}

static char *with_count(const char *sentence, size_t more)
{
	const char *number, *end = end_of_thread(sentence, &number);

	if (!more)
		return mem_strdup(sentence);
	if (!end)
		return mem_printf("%s (%zu threads)", sentence, more + 1);
	return mem_printf("%.*s and %zu more%s", (int)(end - sentence), sentence, more, end);
}

size_t explain_fold(const struct explanation *e, const size_t *threads, size_t n, char **ret_lines)
{
	char **sentences = mem_alloc((n + 1) * sizeof(*sentences));
	size_t lines = 0;

	for (size_t i = 0; i < n; i++)
		sentences[i] = explain_sentence(e, threads[i]);
	for (size_t i = 0; i < n; i++) {
		size_t more = 0;

		for (size_t k = i + 1; sentences[i] && k < n; k++) {
			if (!sentences[k] || !is_alike(sentences[i], sentences[k]))
				continue;
			free(sentences[k]);
			sentences[k] = NULL;
			more++;
		}
		if (sentences[i])
			ret_lines[lines++] = with_count(sentences[i], more);
		free(sentences[i]);
	}
	free(sentences);
	return lines;
}
