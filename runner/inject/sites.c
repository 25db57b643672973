/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/sites.h"

#include "runner/inject/learned.h"
#include "runner/base/util.h"

#include <inttypes.h>

#define EXPLORE_EVERY 20.0
#define CERTAIN 0.9      /* promise beyond which one looks elsewhere no more rarely */
#define FAILURES 5.0     /* of one that always hung, before another has its turn */
#define MEMORY 24        /* tries; older ones fade, for a site may stop working */
#define SEARCH_SHARE 3.0 /* of the turns of one that searches, this part goes to others */
#define SEARCH_MAX 32
#define OLD_TRIES 4 /* what a remembered site may weigh */
#define MAX_NAME 2047

static const char *const kind_names[] = { [SITE_LOCK] = "lock",
	[SITE_CALL] = "call",
	[SITE_AHEAD] = "ahead",
	[SITE_WORD] = "word",
	[SITE_ORDER] = "order" };

struct site *sites_at(struct sites *s, enum site_kind kind, uint64_t id, const char *name)
{
	struct site *new;

	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].kind == kind && s->all[i].id == id)
			return &s->all[i];
	s->all = mem_grow(s->all, s->n, &s->cap, sizeof(*s->all));
	new = &s->all[s->n++];
	new->kind = kind;
	new->id = id;
	new->name = mem_strdup(name);
	new->promise = 0.5;
	return new;
}

/* Seen open before seen at all; locks before calls, which seldom hold one, and before those that
 * few programs need. */
static bool more_promising(const struct site *a, const struct site *b)
{
	if (a->held != b->held)
		return a->held > b->held;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->seen > b->seen;
}

/* Of the sites that were never tried; SIZE_MAX: none. */
static size_t most_promising(const struct sites *s)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++) {
		if (s->all[i].tries || s->all[i].left_out)
			continue;
		if (best == SIZE_MAX || more_promising(&s->all[i], &s->all[best]))
			best = i;
	}
	return best;
}

static bool better(const struct site *a, const struct site *b)
{
	if (a->promise != b->promise)
		return a->promise > b->promise;
	if (a->hung != b->hung)
		return a->hung > b->hung;
	if (a->pending != b->pending)
		return a->pending < b->pending;
	return more_promising(a, b);
}

static size_t best_of(const struct sites *s)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++)
		if (!s->all[i].left_out && (best == SIZE_MAX || better(&s->all[i], &s->all[best])))
			best = i;
	return best;
}

static size_t least_tried_but(const struct sites *s, size_t but)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < s->n; i++)
		if (i != but && !s->all[i].left_out &&
			(least == SIZE_MAX || s->all[i].tries < s->all[least].tries))
			least = i;
	return least == SIZE_MAX ? but : least;
}

/* The best one, or, when doubt has grown, another. */
static size_t best_or_other(struct sites *s)
{
	size_t best = best_of(s);
	double p;

	if (best == SIZE_MAX)
		return best;
	p = s->all[best].promise;
	s->doubt += (1 - (p < CERTAIN ? p : CERTAIN)) / EXPLORE_EVERY;
	if (s->doubt < 1)
		return best;
	s->doubt = 0;
	return least_tried_but(s, best);
}

static size_t overtaken(const struct sites *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].overtaken && !s->all[i].left_out)
			return i;
	return SIZE_MAX;
}

/* Before any is known to have hung. */
static size_t first_tries(const struct sites *s)
{
	size_t i = overtaken(s);

	return i == SIZE_MAX ? most_promising(s) : i;
}

size_t sites_choose(struct sites *s)
{
	size_t i;

	i = sites_any_hung(s) ? SIZE_MAX : first_tries(s);
	if (i == SIZE_MAX)
		i = best_or_other(s);
	if (i == SIZE_MAX)
		return i;
	s->choices++;
	s->all[i].tries++;
	if (!s->all[i].pending++)
		s->all[i].begun = s->choices;
	return i;
}

/* Laplace's rule of succession, (hung + 1) / (tries + 2), one try at a time. Beyond MEMORY tries
 * each new one weighs as much as that many ago, so that what was long ago fades. */
static void learn(struct site *a, bool hung)
{
	uint64_t known = a->tries - a->pending - a->excused; /* this one included */

	a->promise += (hung - a->promise) / (double)((known < MEMORY ? known : MEMORY) + 2);
}

static struct site *end_try(struct sites *s, size_t chosen)
{
	struct site *a = &s->all[chosen];

	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].pending && s->all[i].begun < a->begun)
			s->all[i].overtaken = true;
	a->pending--;
	a->begun = s->choices; /* of those that are left, at the latest */
	a->overtaken = false;
	return a;
}

void sites_over(struct sites *s, size_t chosen, bool hung)
{
	struct site *a = end_try(s, chosen);

	a->hung += hung;
	if (!hung)
		s->doubt += a->promise / FAILURES;
	learn(a, hung);
}

void sites_over_searching(struct sites *s, size_t chosen)
{
	if (s->all[chosen].excused == SEARCH_MAX) {
		sites_over(s, chosen, false);
		return;
	}
	end_try(s, chosen)->excused++;
	s->doubt += 1 / SEARCH_SHARE;
}

bool sites_any_hung(const struct sites *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].hung)
			return true;
	return false;
}

bool sites_are_exhausted(const struct sites *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->all[i].left_out &&
			(!s->all[i].tries || s->all[i].overtaken || s->all[i].promise > 0.5))
			return false;
	return true;
}

bool sites_has(const struct sites *s, enum site_kind kind)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].kind == kind)
			return true;
	return false;
}

void sites_leave_out(struct sites *s, enum site_kind kind)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->all[i].kind == kind)
			s->all[i].left_out = true;
}

void sites_limit(struct sites *s, bool preload, bool calls)
{
	for (enum site_kind kind = SITE_LOCK; kind <= SITE_WORD; kind++)
		if (kind == SITE_CALL ? !calls : !preload)
			sites_leave_out(s, kind);
}

void sites_done(struct sites *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->all[i].name);
	free(s->all);
	*s = (struct sites){ 0 };
}

char *sites_format(const struct sites *s)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return mem_strdup("");
	for (size_t i = 0; i < s->n; i++) {
		const struct site *a = &s->all[i];

		fprintf(f, "%s %" PRIx64 " %" PRIu64 " %" PRIu64 " %s\n", kind_names[a->kind],
			a->id, a->tries, a->hung, a->name);
	}
	fclose(f);
	return text ? text : mem_strdup("");
}

static void parse_line(struct sites *s, const char *line)
{
	char kind[8], name[MAX_NAME + 1];
	uint64_t id, tries, hung;
	struct site *a;

	if (sscanf(line, "%7s %" SCNx64 " %" SCNu64 " %" SCNu64 " %2047s", kind, &id, &tries, &hung,
		    name) != 5)
		return;
	if (hung > tries || !tries)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(kind_names); k++) {
		if (strcmp(kind, kind_names[k]))
			continue;
		a = sites_at(s, (enum site_kind)k, id, name);
		a->tries = tries < OLD_TRIES ? tries : OLD_TRIES;
		a->hung = tries < OLD_TRIES
				  ? hung
				  : (uint64_t)((double)hung / (double)tries * OLD_TRIES + 0.5);
		a->promise = (double)(a->hung + 1) / (double)(a->tries + 2);
	}
}

void sites_parse(struct sites *s, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl ? nl : end) - text);
		char *line cleanup(cleanup_free) = mem_strndup(text, n);

		parse_line(s, line);
		text += n + 1;
	}
}

void sites_load(struct sites *s, const char *memory)
{
	size_t len = 0;
	char *text cleanup(cleanup_free) = learned_read("trap", memory, &len);

	if (text)
		sites_parse(s, text, len);
}

void sites_save(const struct sites *s, const char *memory)
{
	char *text cleanup(cleanup_free) = sites_format(s);

	if (sites_any_hung(s))
		learned_write("trap", memory, text);
}
