/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/order_plan.h"

#include "runner/base/units.h"
#include "runner/base/util.h"

#include <errno.h>
#include <inttypes.h>

/* --- text to plan --- */

/* "prog+0x12": with a digit behind it, and nothing that a rule's text could not hold. */
static bool is_place(const char *s)
{
	const char *plus = strrchr(s, '+');

	return plus && plus > s && !strncmp(plus, "+0x", 3) && plus[3] &&
	       strspn(plus + 3, "0123456789abcdef") == strlen(plus + 3);
}

/* "PLACE[@PLACE]" */
static bool parse_place(char *s, uint64_t *ret_id, uint64_t *ret_caller)
{
	char *at = strchr(s, '@');

	if (at)
		*at++ = '\0';
	if (!is_place(s) || (at && !is_place(at)))
		return false;
	*ret_id = order_place_id(s);
	*ret_caller = at ? order_place_id(at) : 0;
	return true;
}

static bool parse_role(char *s, struct hangrate_order_role *ret)
{
	char *slash = strchr(s, '/');

	if (!slash)
		return false;
	*slash = '\0';
	return parse_place(s, &ret->held, &ret->held_caller) &&
	       parse_place(slash + 1, &ret->wanted, &ret->wanted_caller);
}

static bool parse_roles(char *s, struct order_plan *p)
{
	char *next;

	for (; s; s = next) {
		next = strchr(s, ':');
		if (next)
			*next++ = '\0';
		if (p->n_roles == HANGRATE_ORDER_ROLES || !parse_role(s, &p->roles[p->n_roles]))
			return false;
		p->n_roles++;
	}
	return true;
}

static bool parse_option(char *s, struct order_plan *p)
{
	int64_t ns;
	uint64_t n;

	if (!strncmp(s, "at=", 3))
		return !p->n_roles && parse_roles(s + 3, p);
	if (!strncmp(s, "first=", 6)) {
		if (units_parse_u64(s + 6, &n) < 0 || !n || n > HANGRATE_ORDER_ROLES)
			return false;
		p->first = (uint32_t)n;
		return true;
	}
	if (strncmp(s, "bound=", 6) || units_parse_duration(s + 6, &ns) < 0 || ns <= 0 ||
		(uint64_t)ns > ORDER_BOUND_MAX_NS)
		return false;
	p->bound_ns = (uint64_t)ns;
	return true;
}

int order_plan_parse(const char *text, struct order_plan *ret_plan)
{
	char *copy cleanup(cleanup_free) = mem_strdup(text), *next;
	struct order_plan p = { .bound_ns = ORDER_BOUND_NS };

	if (strlen(text) > ORDER_TEXT_MAX)
		return -EINVAL;
	for (char *s = copy; s; s = next) {
		next = strchr(s, ',');
		if (next)
			*next++ = '\0';
		if (!parse_option(s, &p))
			return -EINVAL;
	}
	if (!p.n_roles || p.first > p.n_roles)
		return -EINVAL;
	*ret_plan = p;
	return 0;
}

/* --- cycle to text --- */

char *order_plan_role(const struct order_recording *r, const struct hangrate_order_edge *e)
{
	char *held cleanup(cleanup_free) = order_recording_place(r, e->thread, e->held_at);
	char *wanted cleanup(cleanup_free) = order_recording_place(r, e->thread, e->wanted_at);

	return held && wanted ? mem_printf("%s/%s", held, wanted) : NULL;
}

/* Twice as long as the threads were apart. */
static uint64_t bound_for(const struct order_recording *r, const struct order_cycle *c)
{
	uint64_t low = UINT64_MAX, high = 0, bound;

	for (size_t i = 0; i < c->n; i++) {
		uint64_t ns = r->edges[c->edges[i]].first_ns;

		low = ns < low ? ns : low;
		high = ns > high ? ns : high;
	}
	/* In steps, so that a repeated prediction has the same text. */
	for (bound = ORDER_BOUND_NS; bound < ORDER_BOUND_MAX_NS && bound / 2 < high - low;)
		bound = bound * 5 / 2;
	return bound < ORDER_BOUND_MAX_NS ? bound : ORDER_BOUND_MAX_NS;
}

/* Edges of the same places are one role. False: one has no name that another trial would know. */
static bool print_roles(
	FILE *f, const struct order_recording *r, const struct order_cycle *c, uint32_t *ret_n)
{
	char *roles[ORDER_CYCLE_MAX] = { NULL };
	uint32_t n = 0;
	bool good = true;

	for (size_t i = 0; i < c->n && good; i++) {
		char *role = order_plan_role(r, &r->edges[c->edges[i]]);
		bool again = false;

		good = role;
		for (uint32_t k = 0; k < n && good; k++)
			again |= !strcmp(roles[k], role);
		if (again || !good) {
			free(role);
			continue;
		}
		fprintf(f, "%s%s", n ? ":" : "at=", role);
		roles[n++] = role;
	}
	for (uint32_t i = 0; i < n; i++)
		free(roles[i]);
	*ret_n = n;
	return good;
}

char *order_plan_text(const struct order_recording *r, const struct order_cycle *c, uint32_t first)
{
	uint64_t bound = bound_for(r, c);
	char *text = NULL;
	uint32_t n = 0;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool good;

	if (!f)
		return NULL;
	good = print_roles(f, r, c, &n);
	if (first)
		fprintf(f, ",first=%u", first);
	if (bound != ORDER_BOUND_NS)
		fprintf(f, ",bound=%" PRIu64 "ms", bound / NSEC_PER_MSEC);
	fclose(f);
	/* One role can't go ahead of itself. */
	if (good && (!first || (n > 1 && first <= n)) && text && strlen(text) <= ORDER_TEXT_MAX)
		return text;
	free(text);
	return NULL;
}
