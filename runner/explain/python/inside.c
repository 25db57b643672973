/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in an object another one is: ".lock", "[3]", ".locks['alice']", "[0].lock". Looks into
 * attributes, lists, tuples and dicts, the nearest first, and gives up after so many values. Pure.
 */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum { MAX_ITEMS = 256 };

struct search {
	const struct python *p;
	uint64_t object;
	size_t *values; /* how many may still be looked at, of all levels */
	int depth;      /* how many levels below this one */
	char *path;
};

static char *look_inside(
	const struct python *p, uint64_t container, uint64_t object, int depth, size_t *values);

/* What is behind `value`: the object itself (""), or where in it. NULL: nothing. */
static char *look_at(const struct search *s, uint64_t value)
{
	if (value == s->object)
		return mem_strdup("");
	if (!s->depth || !*s->values)
		return NULL;
	return look_inside(s->p, value, s->object, s->depth, s->values);
}

/* "['alice']", "[7]"; "[...]" of a key that is no text and no number. */
static char *key_text(const struct python *p, uint64_t key)
{
	char *text = python_text(p, key), *out;

	if (text)
		out = mem_printf("['%s']", text);
	else if (python_is_a(p, key, "int"))
		out = mem_printf("[%llu]", (unsigned long long)python_int(p, key));
	else
		out = mem_strdup("[...]");
	free(text);
	return out;
}

/* ".name", or NULL. */
static char *attribute_text(const struct python *p, uint64_t key)
{
	char *text = python_text(p, key), *out = text ? mem_printf(".%s", text) : NULL;

	free(text);
	return out;
}

/* False: no further values. */
static bool visit(struct search *s, uint64_t value, uint64_t key,
	char *(*text_of)(const struct python *, uint64_t))
{
	char *rest, *text;

	if (!*s->values)
		return false;
	--*s->values;
	rest = look_at(s, value);
	if (!rest)
		return true;
	text = text_of(s->p, key);
	s->path = text ? mem_printf("%s%s", text, rest) : NULL;
	free(text);
	free(rest);
	return !s->path;
}

static bool visit_entry(void *arg, uint64_t key, uint64_t value)
{
	return visit(arg, value, key, key_text);
}

static bool visit_attribute(void *arg, uint64_t key, uint64_t value)
{
	return visit(arg, value, key, attribute_text);
}

static void visit_items(struct search *s, uint64_t items, uint64_t n)
{
	for (size_t i = 0; items && i < n && i < MAX_ITEMS && *s->values && !s->path; i++) {
		uint64_t value = peek_pointer(&s->p->m, items + i * sizeof(uint64_t));
		char *rest = NULL;

		--*s->values;
		if (value)
			rest = look_at(s, value);
		if (rest)
			s->path = mem_printf("[%zu]%s", i, rest);
		free(rest);
	}
}

/* A module's names are those of other people's code. */
static bool is_closed(const struct python *p, uint64_t object)
{
	return python_is_a(p, object, "module") || python_is_a(p, object, "type") ||
	       python_is_a(p, object, "function");
}

static char *look_inside(
	const struct python *p, uint64_t container, uint64_t object, int depth, size_t *values)
{
	struct search s = { .p = p, .object = object, .values = values, .depth = depth - 1 };
	uint64_t n;

	if (python_is_a(p, container, "list") || python_is_a(p, container, "tuple")) {
		bool list = python_is_a(p, container, "list");

		if (peek_u64(&p->m, container + PYTHON_SIZE, &n))
			visit_items(&s,
				list ? peek_pointer(&p->m, container + PYTHON_LIST_ITEMS)
				     : container + p->l.tuple_items,
				n);
	} else if (python_is_a(p, container, "dict") ||
		   python_is_a(p, container, "collections.defaultdict") ||
		   python_is_a(p, container, "collections.OrderedDict")) {
		python_visit_dict(p, container, visit_entry, &s);
	} else {
		if (is_closed(p, container))
			s.depth = 0;
		python_visit_attributes(p, container, visit_attribute, &s);
	}
	return s.path;
}

char *python_find_inside(
	const struct python *p, uint64_t container, uint64_t object, int depth, size_t *values)
{
	return depth > PYTHON_MAX_INSIDE ? NULL : look_inside(p, container, object, depth, values);
}
