/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the `cause` of a scenario: "CLASS: WORD... + WORD...; CLASS: ...". */
#include "runner/explain/scenario.h"

#include <string.h>

enum { MAX_SIDES = 16, SIDE_WORTH = 16 };

/* A part of a text. */
struct part {
	const char *at;
	size_t len;
};

static bool is_in(char c, const char *set)
{
	return strchr(set, c) != NULL;
}

/* The next part of the text before one of the separators, without the blanks around it. False at
 * the end. */
static bool next_part(struct part *text, const char *separators, struct part *ret_part)
{
	struct part p = { text->at, 0 };

	if (!text->len)
		return false;
	while (p.len < text->len && !is_in(p.at[p.len], separators))
		p.len++;
	text->at += p.len + (p.len < text->len);
	text->len -= p.len + (p.len < text->len);
	while (p.len && *p.at == ' ')
		p.at++, p.len--;
	while (p.len && p.at[p.len - 1] == ' ')
		p.len--;
	*ret_part = p;
	return true;
}

static bool has_part(const char *text, struct part p)
{
	return memmem(text, strlen(text), p.at, p.len) != NULL;
}

static bool has_word(const char *words, struct part word)
{
	for (const char *p = words; (p = memmem(p, strlen(p), word.at, word.len)); p++)
		if (p > words && p[-1] == ' ' && p[word.len] == ' ')
			return true;
	return false;
}

/* "@setenv|putenv": one of these is part of a name. */
static bool has_name(const char *names, struct part alternatives)
{
	struct part one;

	alternatives.at++, alternatives.len--;
	while (next_part(&alternatives, "|", &one))
		if (has_part(names, one))
			return true;
	return false;
}

/* 0: it does not fit; else more for each word. */
static unsigned int fit_side(struct part wanted, const struct scenario_side *side)
{
	unsigned int worth = SIDE_WORTH;
	struct part word;

	while (next_part(&wanted, " ", &word)) {
		if (!word.len)
			continue;
		if (*word.at == '@' ? !has_name(side->names, word) : !has_word(side->words, word))
			return 0;
		worth++;
	}
	return worth > SIDE_WORTH ? worth : 0;
}

/* Each wanted side needs a thread of its own. */
static unsigned int fit_sides(
	struct part wanted, const struct scenario_side *sides, size_t n_sides, unsigned int used)
{
	unsigned int best = 0;
	struct part first;

	if (!next_part(&wanted, "+", &first))
		return 1;
	for (size_t i = 0; i < n_sides && i < MAX_SIDES; i++) {
		unsigned int worth, rest;

		if (used & 1u << i)
			continue;
		worth = fit_side(first, &sides[i]);
		rest = worth ? fit_sides(wanted, sides, n_sides, used | 1u << i) : 0;
		if (rest && worth + rest > best)
			best = worth + rest;
	}
	return best;
}

unsigned int scenario_fit(
	const char *cause, const char *class, const struct scenario_side *sides, size_t n_sides)
{
	struct part text = { cause, strcspn(cause, "\n") }, one, classes;
	unsigned int best = 0;

	while (next_part(&text, ";", &one)) {
		unsigned int worth;

		if (!next_part(&one, ":", &classes) || !one.len || !classes.len)
			continue;
		if (!has_word(class, classes))
			continue;
		worth = fit_sides(one, sides, n_sides, 0);
		if (worth > best)
			best = worth;
	}
	return best;
}

size_t scenario_find(const char *causes, const char *class, const struct scenario_side *sides,
	size_t n_sides, const char **ret_names, size_t max)
{
	unsigned int best = 1;
	size_t n = 0;

	for (const char *line = causes; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *cause = line + strcspn(line, "\t\n");
		unsigned int worth =
			*cause == '\t' ? scenario_fit(cause + 1, class, sides, n_sides) : 0;

		if (worth < best || worth < SIDE_WORTH)
			continue;
		if (worth > best)
			n = 0;
		best = worth;
		if (n < max)
			ret_names[n++] = line;
	}
	return n;
}
