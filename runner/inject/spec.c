/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/spec.c: --inject as text and as rules. Pure: no file, no process, no clock. */
#include "runner/inject/inject.h"

#include "runner/inject/engine.h"
#include "runner/inject/order_plan.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <errno.h>

#define ORDER_WRONG "not at=HELD/WANTED:HELD/WANTED[,first=N][,bound=T] with places PROG+0x1234"
#define OPTIONS "delay_enter, delay_exit, p, when, thread, seed; of schedule: changes, steps"

static const struct {
	const char *prefix;
	enum inject_where where;
} prefixes[] = {
	{ "point:", INJECT_POINT },
	{ "func:", INJECT_FUNC },
	{ "syscall:", INJECT_SYSCALL },
	{ "%", INJECT_CLASS },
};

/* Names that stand alone: what they do needs no place. */
static const struct {
	const char *name;
	enum inject_where where;
} words[] = {
	{ "trap", INJECT_TRAP },
	{ "order", INJECT_ORDER },
	{ "auto", INJECT_AUTO },
	{ "schedule", INJECT_SCHEDULE },
	{ "wake", INJECT_WAKE },
	{ "window", INJECT_WINDOW },
};

/* What is left of the text; `whole` is for the column in messages. */
struct cursor {
	const char *whole, *at, *end;
};

static int complain(
	const struct cursor *c, const char *from, size_t len, const char *what, char **ret_error)
{
	char *place = mem_strndup(from, len);

	/* A message is one line whatever the text holds. */
	for (char *p = place; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	*ret_error = mem_printf("at column %td: '%s': %s", from - c->whole + 1, place, what);
	free(place);
	return -EINVAL;
}

static bool is_name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_' || ch == '-' || ch == '.';
}

/* Everything up to the first character of stop. */
static size_t span_until(const struct cursor *c, const char *stop)
{
	size_t n = 0;

	while (c->at + n < c->end && (!c->at[n] || !strchr(stop, c->at[n])))
		n++;
	return n;
}

static bool skip_char(struct cursor *c, char ch)
{
	if (c->at == c->end || *c->at != ch)
		return false;
	c->at++;
	return true;
}

static void rule_done(struct inject_rule *r)
{
	free(r->name);
}

static void spec_cut(struct inject_spec *spec, size_t n)
{
	while (spec->n_rules > n)
		rule_done(&spec->rules[--spec->n_rules]);
}

static struct inject_rule *spec_add(struct inject_spec *spec, enum inject_where where)
{
	struct inject_rule *r;

	spec->rules = mem_grow(spec->rules, spec->n_rules, &spec->cap_rules, sizeof(*r));
	r = &spec->rules[spec->n_rules++];
	r->where = where;
	r->p_ppm = INJECT_PPM;
	r->from = r->step = 1;
	return r;
}

/* "syscall" alone: its canonical text would be read as another rule. */
static bool is_prefix(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strlen(prefixes[i].prefix) == len + 1 &&
			!memcmp(prefixes[i].prefix, name, len) && prefixes[i].prefix[len] == ':')
			return true;
	return false;
}

static bool chooses_itself(const struct inject_rule *r)
{
	return r->where == INJECT_TRAP || r->where == INJECT_AUTO || r->where == INJECT_ORDER;
}

/* One WHERE: adds a rule without delays. */
static int parse_where(struct cursor *c, struct inject_spec *spec, char **ret_error)
{
	const char *begin = c->at;
	enum inject_where where = INJECT_ANY;
	struct inject_rule *r;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if ((size_t)(c->end - c->at) < len || memcmp(c->at, prefixes[i].prefix, len))
			continue;
		where = prefixes[i].where;
		c->at += len;
		break;
	}
	while (c->at + n < c->end && is_name_char(c->at[n]))
		n++;
	if (n == 0 || n > INJECT_MAX_NAME) {
		c->at = begin;
		return complain(c, begin, span_until(c, ":;"),
			n ? "the name is too long" : "a place to inject was expected", ret_error);
	}
	if (where == INJECT_ANY && is_prefix(c->at, n))
		return complain(c, c->at, n, "a prefix, which needs a name behind it", ret_error);
	r = spec_add(spec, where);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (where == INJECT_ANY && strlen(words[i].name) == n &&
			!memcmp(c->at, words[i].name, n))
			r->where = words[i].where;
	r->name = r->where != where ? mem_strdup("") : mem_strndup(c->at, n);
	c->at += n;
	if (where == INJECT_CLASS && !inject_class_calls(r->name))
		return complain(c, begin, (size_t)(c->at - begin),
			"no such class of system calls (" INJECT_CLASSES ")", ret_error);
	return 0;
}

int inject_delay_parse(const char *text, size_t len, struct inject_delay *ret_delay)
{
	char *s cleanup(cleanup_free) = mem_strndup(text, len);
	struct inject_delay d = { .dist = INJECT_FIXED };
	char *lo = s, *dots = strstr(s, "..");
	int64_t ns;

	if (strlen(s) != len)
		return -EINVAL;
	if (len > 5 && !memcmp(s, "exp(", 4) && s[len - 1] == ')') {
		d.dist = INJECT_EXPONENTIAL;
		s[len - 1] = '\0';
		lo = s + 4;
	} else if (dots) {
		d.dist = INJECT_UNIFORM;
		*dots = '\0';
		if (units_parse_duration(dots + 2, &ns) < 0)
			return -EINVAL;
		d.hi_ns = (uint64_t)ns;
	}
	if (units_parse_duration(lo, &ns) < 0)
		return -EINVAL;
	d.lo_ns = (uint64_t)ns;
	if (d.dist != INJECT_UNIFORM)
		d.hi_ns = d.lo_ns;
	if (d.hi_ns > INJECT_MAX_DELAY_NS || d.lo_ns > d.hi_ns)
		return -ERANGE;
	if (d.lo_ns == d.hi_ns && (d.dist == INJECT_UNIFORM || !d.lo_ns))
		d.dist = INJECT_FIXED;
	*ret_delay = d;
	return 0;
}

uint64_t inject_delay_mean_ns(const struct inject_delay *d)
{
	return d->dist == INJECT_UNIFORM ? d->lo_ns + (d->hi_ns - d->lo_ns) / 2 : d->lo_ns;
}

static int parse_p(const char *s, uint32_t *ret_ppm)
{
	double p;

	if (units_parse_probability(s, &p) < 0)
		return -EINVAL;
	*ret_ppm = (uint32_t)(p * INJECT_PPM + 0.5);
	return p > 0 && *ret_ppm == 0 ? -ERANGE : 0;
}

/* strace's when=, but for its LAST: "3" the third only, "3+" from the third on, "3+2" every other.
 */
static int parse_when(char *s, uint32_t *ret_from, uint32_t *ret_step)
{
	char *plus = strchr(s, '+');
	uint64_t from, step = plus ? 1 : 0;

	if (plus) {
		*plus = '\0';
		if (plus[1] && units_parse_u64(plus + 1, &step) < 0)
			return -EINVAL;
		if (!step)
			return -EINVAL;
	}
	if (units_parse_u64(s, &from) < 0 || !from || from > UINT32_MAX || step > UINT32_MAX)
		return -EINVAL;
	*ret_from = (uint32_t)from;
	*ret_step = (uint32_t)step;
	return 0;
}

enum option {
	ENTER = 1,
	EXIT = 2,
	P = 4,
	WHEN = 8,
	SEED = 16,
	CHANGES = 32,
	STEPS = 64,
	THREAD = 128
};

static const struct {
	const char *key;
	enum option option;
	const char *wrong;
} options[] = {
	{ "delay_enter", ENTER, "not a delay such as 500us, 0..5ms or exp(1ms), at most 1h" },
	{ "delay_exit", EXIT, "not a delay such as 500us, 0..5ms or exp(1ms), at most 1h" },
	{ "p", P, "not a probability in [0,1], in steps of 0.000001" },
	{ "when", WHEN, "not a count such as 3, 3+ or 3+2" },
	{ "seed", SEED, "not a seed, 0 to 18446744073709551615" },
	{ "changes", CHANGES, "not a number of changes, 0 to 16" },
	{ "steps", STEPS, "not a number of steps, 1 to 4294967295" },
	{ "thread", THREAD, "not the number of a thread, 1 to 4294967295" },
};

static int parse_count(const char *s, uint64_t min, uint64_t max, uint32_t *ret)
{
	uint64_t n;

	if (units_parse_u64(s, &n) < 0 || n < min || n > max)
		return -EINVAL;
	*ret = (uint32_t)n;
	return 0;
}

static int option_value(struct inject_rule *r, enum option o, const char *at, size_t len)
{
	char *s cleanup(cleanup_free) = mem_strndup(at, len);

	if (strlen(s) != len)
		return -EINVAL;
	switch (o) {
	case ENTER:
		r->has_enter = true;
		return inject_delay_parse(s, len, &r->enter);
	case EXIT:
		r->has_exit = true;
		return inject_delay_parse(s, len, &r->exit);
	case P:
		r->has_p = true;
		return parse_p(s, &r->p_ppm);
	case SEED:
		r->has_seed = true;
		return units_parse_u64(s, &r->seed);
	case CHANGES:
		return parse_count(s, 0, INJECT_MAX_CHANGES, &r->changes);
	case STEPS:
		return parse_count(s, 1, UINT32_MAX, &r->steps);
	case THREAD:
		return parse_count(s, 1, UINT32_MAX, &r->thread);
	case WHEN:
		return parse_when(s, &r->from, &r->step);
	}
	return -EINVAL;
}

static int parse_option(
	struct cursor *c, struct inject_rule *r, unsigned int *seen, char **ret_error)
{
	size_t n = span_until(c, "=,;");
	const char *begin = c->at;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].key) != n || memcmp(options[i].key, begin, n))
			continue;
		if (*seen & options[i].option)
			return complain(c, begin, n, "given twice", ret_error);
		*seen |= options[i].option;
		c->at += n;
		if (!skip_char(c, '='))
			return complain(c, begin, n, "has no value", ret_error);
		n = span_until(c, ",;");
		if (option_value(r, options[i].option, c->at, n) < 0)
			return complain(c, c->at, n, options[i].wrong, ret_error);
		c->at += n;
		return 0;
	}
	return complain(c, begin, n, "no such option (" OPTIONS ")", ret_error);
}

/* The options behind a list of places, for all of them: those of the spec from `first` on. */
static int parse_options(struct cursor *c, struct inject_spec *spec, size_t first, char **ret_error)
{
	struct inject_rule *r = &spec->rules[first];
	unsigned int seen = 0;
	int e;

	do {
		e = parse_option(c, r, &seen, ret_error);
		if (e < 0)
			return e;
	} while (skip_char(c, ','));
	for (size_t i = first + 1; i < spec->n_rules; i++) {
		struct inject_rule *other = &spec->rules[i];
		char *name = other->name;
		enum inject_where where = other->where;

		*other = *r;
		other->name = name;
		other->where = where;
	}
	return 0;
}

static int check_rule(const struct cursor *c, const char *begin, const struct inject_rule *r,
	bool has_options, char **ret_error)
{
	size_t n = (size_t)(c->at - begin);
	bool system_call = r->where == INJECT_SYSCALL || r->where == INJECT_CLASS;

	if (chooses_itself(r)) {
		if (has_options)
			return complain(c, begin, n, "takes no options", ret_error);
		return 0;
	}
	if ((r->changes || r->steps) && r->where != INJECT_SCHEDULE)
		return complain(
			c, begin, n, "changes and steps are options of schedule", ret_error);
	if (r->where == INJECT_SCHEDULE || r->where == INJECT_WAKE || r->where == INJECT_WINDOW) {
		if (r->has_enter || r->has_exit || r->from != 1 || r->step != 1 || r->thread)
			return complain(c, begin, n, "takes p and seed, no delay", ret_error);
		return 0;
	}
	if (!r->has_enter && !r->has_exit)
		return complain(c, begin, n, "has neither delay_enter nor delay_exit", ret_error);
	if (r->thread && (r->where == INJECT_POINT || system_call))
		return complain(c, begin, n, INJECT_NO_THREAD, ret_error);
	if (r->has_exit && r->where == INJECT_POINT)
		return complain(c, begin, n, INJECT_NO_LEAVING, ret_error);
	if (r->has_exit && system_call)
		return complain(c, begin, n, INJECT_NO_EXIT, ret_error);
	return 0;
}

/* Where to hold the threads: all that stands behind "order:". */
static int parse_order(struct cursor *c, struct inject_rule *r, char **ret_error)
{
	size_t n = span_until(c, ";");
	char *text = mem_strndup(c->at, n);
	struct order_plan plan;

	if (order_plan_parse(text, &plan) < 0) {
		free(text);
		return complain(c, c->at, n, ORDER_WRONG, ret_error);
	}
	free(r->name);
	r->name = text;
	c->at += n;
	return 0;
}

/* "a,b:delay_enter=1ms" up to ';' or the end. */
static int parse_group(struct cursor *c, struct inject_spec *spec, char **ret_error)
{
	const char *begin = c->at;
	size_t first = spec->n_rules;
	bool has_options;
	int r;

	do {
		r = parse_where(c, spec, ret_error);
		if (r < 0)
			return r;
	} while (skip_char(c, ','));
	has_options = skip_char(c, ':');
	if (has_options && spec->n_rules == first + 1 && spec->rules[first].where == INJECT_ORDER) {
		r = parse_order(c, &spec->rules[first], ret_error);
		has_options = false;
	} else if (has_options) {
		r = parse_options(c, spec, first, ret_error);
	}
	if (r < 0)
		return r;
	if (c->at < c->end && *c->at != ';')
		return complain(c, c->at, span_until(c, ";"), "not expected here", ret_error);
	for (size_t i = first; i < spec->n_rules; i++) {
		r = check_rule(c, begin, &spec->rules[i], has_options, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int inject_parse(const char *text, size_t len, struct inject_spec *spec, char **ret_error)
{
	struct cursor c = { .whole = text, .at = text, .end = text + len };
	size_t before = spec->n_rules;
	int r;

	do {
		r = parse_group(&c, spec, ret_error);
		if (r < 0) {
			spec_cut(spec, before);
			return r;
		}
	} while (skip_char(&c, ';'));
	return 0;
}

int inject_spec_add_point(
	struct inject_spec *spec, const char *point, const char *level, char **ret_error)
{
	struct inject_delay d;
	struct inject_rule *r;

	if (inject_delay_parse(level, strlen(level), &d) < 0) {
		*ret_error = mem_printf("'%s=%s': %s", point, level, options[0].wrong);
		return -EINVAL;
	}
	r = spec_add(spec, INJECT_POINT);
	r->name = mem_strdup(point);
	r->has_enter = true;
	r->enter = d;
	return 0;
}

void inject_spec_copy(const struct inject_spec *from, struct inject_spec *ret_spec)
{
	struct inject_spec spec = { 0 };

	for (size_t i = 0; i < from->n_rules; i++) {
		struct inject_rule *r = spec_add(&spec, from->rules[i].where);

		*r = from->rules[i];
		r->name = mem_strdup(r->name);
	}
	*ret_spec = spec;
}

void inject_spec_done(struct inject_spec *spec)
{
	spec_cut(spec, 0);
	free(spec->rules);
	*spec = (struct inject_spec){ 0 };
}
