/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Under which name a program holds an object. Pure. */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum { MAX_USER_FRAMES = 8, MAX_VISITED = 512 };

/* "Logger._lock" of a variable that is called self, "q.mutex" of any other. */
static char *name_attribute(
	const struct python *p, const char *variable, uint64_t value, uint64_t object)
{
	char *attribute = python_attribute_of(p, value, object), *type, *name;

	if (!attribute)
		return NULL;
	type = !strcmp(variable, "self") ? python_type_name(p, value) : NULL;
	name = mem_printf("%s.%s", type ? type : variable, attribute);
	free(type);
	free(attribute);
	return name;
}

static char *name_in_locals(const struct python *p, const struct python_frame *f, uint64_t object)
{
	for (size_t i = 0; i < f->n_locals; i++)
		if (python_local(p, f, i) == object)
			return python_local_name(p, f, i);
	for (size_t i = 0; i < f->n_locals; i++) {
		uint64_t value = python_local(p, f, i);
		char *variable = value ? python_local_name(p, f, i) : NULL, *name = NULL;

		if (variable)
			name = name_attribute(p, variable, value, object);
		free(variable);
		if (name)
			return name;
	}
	return NULL;
}

struct search {
	const struct python *p;
	uint64_t object;
	size_t visited;
	char *name;
};

static bool look_into_global(void *arg, uint64_t key, uint64_t value)
{
	struct search *s = arg;
	char *attribute = python_attribute_of(s->p, value, s->object), *variable;

	if (attribute) {
		variable = python_text(s->p, key);
		if (variable)
			s->name = mem_printf("%s.%s", variable, attribute);
		free(variable);
		free(attribute);
	}
	return !s->name && ++s->visited < MAX_VISITED;
}

/* A module global is what all threads call it by; a parameter is called otherwise in each. */
char *python_name_object(const struct python *p, const struct python_stack *s, uint64_t object)
{
	struct search search = { .p = p, .object = object };
	uint64_t globals = 0;
	char *name = NULL;

	for (size_t i = 0, user = 0; object && i < s->n && user < MAX_USER_FRAMES && !name; i++) {
		if (s->shown->frames[s->own + i].library)
			continue;
		user++;
		if (s->frames[i].globals != globals)
			name = python_dict_key_of(p, s->frames[i].globals, object);
		globals = s->frames[i].globals;
		if (!name)
			name = name_in_locals(p, &s->frames[i], object);
	}
	globals = 0;
	for (size_t i = 0, user = 0; object && i < s->n && user < MAX_USER_FRAMES && !name; i++) {
		if (s->shown->frames[s->own + i].library)
			continue;
		user++;
		if (s->frames[i].globals != globals)
			python_visit_dict(p, s->frames[i].globals, look_into_global, &search);
		globals = s->frames[i].globals;
		name = search.name;
	}
	return name;
}
