/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/outcome.h"

#include "runner/base/util.h"

#include <ctype.h>
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>

#define LINE_MAX_BYTES 200

/* What begins a line that says more than the last one does. */
static const char *const telling[] = { "SUMMARY: ", "panic: ", "fatal error: ", "thread '",
	"terminate called " };

struct line {
	const char *at;
	size_t len;
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *nl;

	if (*at >= end)
		return false;
	nl = memchr(*at, '\n', (size_t)(end - *at));
	*ret = (struct line){ *at, (size_t)((nl ? nl : end) - *at) };
	*at = nl ? nl + 1 : end;
	return true;
}

static bool is_blank(const struct line *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (!isspace((unsigned char)l->at[i]))
			return false;
	return true;
}

static bool is_telling(const struct line *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++) {
		size_t n = strlen(telling[i]);

		if (l->len >= n && !memcmp(l->at, telling[i], n))
			return true;
	}
	return false;
}

/* UTF-8 passes, for reports check it; control characters do not. */
static char *copy_line(const struct line *l)
{
	size_t n = l->len < LINE_MAX_BYTES ? l->len : LINE_MAX_BYTES;
	char *s = mem_strndup(l->at, n);

	n = strlen(s);
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)s[i]))
			s[i] = ' ';
	while (n && s[n - 1] == ' ')
		s[--n] = '\0';
	return s;
}

char *outcome_last_words(const char *output, size_t len)
{
	const char *at = output, *end = output + len;
	struct line l, best = { "", 0 };
	bool found = false;

	while (output && next_line(&at, end, &l)) {
		if (is_telling(&l) && !found) {
			best = l;
			found = true;
		}
		if (!found && !is_blank(&l))
			best = l;
	}
	return copy_line(&best);
}

/* Numbers and addresses differ from trial to trial. */
static char *without_numbers(const char *s)
{
	char *key = mem_alloc(strlen(s) + 1), *p = key;

	while (*s) {
		if (isdigit((unsigned char)*s)) {
			bool hex = s[0] == '0' && s[1] == 'x';

			for (s += hex ? 2 : 1;
				hex ? isxdigit((unsigned char)*s) : isdigit((unsigned char)*s);)
				s++;
			*p++ = '#';
		} else {
			*p++ = *s++;
		}
	}
	return key;
}

static char *how_it_ended(int status)
{
	const char *name;

	if (!WIFSIGNALED(status))
		return mem_printf("status %d", WEXITSTATUS(status));
	name = sigabbrev_np(WTERMSIG(status));
	return name ? mem_printf("SIG%s", name) : mem_printf("signal %d", WTERMSIG(status));
}

/* Valid UTF-8 or nothing: bytes that are none become '?'. */
static json_t *text_of(const char *s, size_t len)
{
	json_t *text = json_stringn(s, len);
	char *copy;

	if (text)
		return text;
	copy = mem_strndup(s, len);
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	text = json_string(copy);
	free(copy);
	return text;
}

static char *detail_of(const struct record_cause *cause, const char *output, size_t len)
{
	size_t skip = len > OUTCOME_OUTPUT_MAX ? len - OUTCOME_OUTPUT_MAX : 0;
	json_t *o = json_pack("{s:b, s:s, s:o, s:o}", "proven", 0, "class", cause->class, "summary",
		text_of(cause->summary, strlen(cause->summary)), "output",
		text_of(output ? output + skip : "", output ? len - skip : 0));
	char *text = o ? json_dumps(o, 0) : NULL;

	json_decref(o);
	return text;
}

void outcome_cause(int status, const char *output, size_t len, struct record_cause *ret_cause)
{
	char *how cleanup(cleanup_free) = how_it_ended(status);
	char *words cleanup(cleanup_free) = outcome_last_words(output, len);
	char *key cleanup(cleanup_free) = without_numbers(words);
	struct record_cause cause = {
		.class = mem_strdup(
			verdict_name(WIFSIGNALED(status) ? VERDICT_CRASH : VERDICT_FAIL)),
	};

	cause.summary =
		*words ? mem_printf("%s: %s", how, words) : mem_printf("%s, without a word", how);
	cause.key = mem_printf("%s|%s|%s", cause.class, how, key);
	cause.detail = detail_of(&cause, output, len);
	*ret_cause = cause;
}
