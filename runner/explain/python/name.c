/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Under which name a program holds an object. Pure. */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum {
	MAX_USER_FRAMES = 8,
	MAX_GLOBALS = 512,
	MAX_VALUES = 1024, /* looked at for each level of depth */
};

/* What a user calls it: the lock of multiprocessing, not the semaphore in it. */
static char *shorten(char *name)
{
	static const char inner[] = "._semlock";
	size_t n = name ? strlen(name) : 0;

	if (n > strlen(inner) && !strcmp(name + n - strlen(inner), inner))
		name[n - strlen(inner)] = 0;
	return name;
}

/* "Logger._lock" of a variable that is called self, "q.mutex", "locks[3]" of any other. */
static char *name_inside(const struct python *p, const char *variable, uint64_t value,
	uint64_t object, int depth, size_t *values)
{
	char *path = python_find_inside(p, value, object, depth, values), *type, *name;

	if (!path)
		return NULL;
	type = !strcmp(variable, "self") ? python_type_name(p, value) : NULL;
	name = mem_printf("%s%s", type ? type : variable, path);
	free(type);
	free(path);
	return name;
}

static char *name_in_locals(const struct python *p, const struct python_frame *f, uint64_t object,
	int depth, size_t *values)
{
	for (size_t i = 0; !depth && i < f->n_locals; i++)
		if (python_local(p, f, i) == object)
			return python_local_name(p, f, i);
	for (size_t i = 0; depth && i < f->n_locals; i++) {
		uint64_t value = python_local(p, f, i);
		char *variable = value ? python_local_name(p, f, i) : NULL, *name = NULL;

		if (variable)
			name = name_inside(p, variable, value, object, depth, values);
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
	int depth;
	size_t *values;
	char *name;
};

/* "__builtins__" and its like are in every module. */
static bool look_into_global(void *arg, uint64_t key, uint64_t value)
{
	struct search *s = arg;
	char *variable = python_text(s->p, key), *path = NULL;

	if (variable && strncmp(variable, "__", 2))
		path = python_find_inside(s->p, value, s->object, s->depth, s->values);
	if (path)
		s->name = mem_printf("%s%s", variable, path);
	free(variable);
	free(path);
	return !s->name && *s->values && ++s->visited < MAX_GLOBALS;
}

static char *name_in_globals(const struct python *p, const struct python_frame *f, uint64_t object,
	int depth, size_t *values)
{
	struct search search = { .p = p, .object = object, .depth = depth, .values = values };

	if (!depth)
		return python_dict_key_of(p, f->globals, object);
	python_visit_dict(p, f->globals, look_into_global, &search);
	return search.name;
}

/* One pass over the user's frames. depth: how far inside of what they hold. */
static char *look(const struct python *p, const struct python_stack *s, uint64_t object,
	int local_depth, int global_depth)
{
	size_t values = MAX_VALUES;
	uint64_t globals = 0;
	char *name = NULL;

	for (size_t i = 0, user = 0; i < s->n && user < MAX_USER_FRAMES && !name; i++) {
		if (s->shown->frames[s->own + i].library)
			continue;
		user++;
		if (global_depth >= 0 && s->frames[i].globals != globals)
			name = name_in_globals(p, &s->frames[i], object, global_depth, &values);
		globals = s->frames[i].globals;
		if (!name && local_depth >= 0)
			name = name_in_locals(p, &s->frames[i], object, local_depth, &values);
	}
	return name;
}

/* A module global is what all threads call it by; a parameter is called otherwise in each. The
 * nearest name is the plainest. */
char *python_name_object(const struct python *p, const struct python_stack *s, uint64_t object)
{
	char *name = object ? look(p, s, object, -1, 0) : NULL;

	for (int depth = 0; object && !name && depth <= PYTHON_MAX_INSIDE; depth++) {
		name = look(p, s, object, depth, -1);
		if (!name && depth)
			name = look(p, s, object, -1, depth);
	}
	return shorten(name);
}
