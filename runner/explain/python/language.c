/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the interpreter in a process: where it is mapped, which version it is. */
#include "runner/explain/languages.h"
#include "runner/explain/python/python.h"
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

/* "/usr/bin/python3.11", "/usr/lib/libpython3.9.so.1.0": 11, 9; 0 for any other name. */
static int minor_of(const char *path)
{
	const char *name = strrchr(path, '/'), *at = name ? strstr(name, "python3.") : NULL;

	return at ? atoi(at + strlen("python3.")) : 0;
}

/* From 3.11 on the interpreter says its version. */
static int read_minor(const struct peek *m, uint64_t base, const char *path)
{
	uint64_t at = peek_find_symbol(m, base, "Py_Version"), version;

	if (!at)
		return minor_of(path);
	if (!peek_u64(m, at, &version) || version >> 24 != 3)
		return 0;
	return (int)(version >> 16 & 0xff);
}

bool python_locate(const struct symbols *s, uint64_t *ret_runtime, int *ret_minor)
{
	struct peek m = symbols_peek(s);
	const struct symbols_map *map;

	for (size_t i = 0; (map = symbols_map_at(s, i)); i++) {
		uint64_t runtime;

		if (!map->is_start || !strstr(map->name, "python"))
			continue;
		runtime = peek_find_symbol(&m, map->begin, "_PyRuntime");
		if (!runtime)
			continue;
		*ret_runtime = runtime;
		*ret_minor = read_minor(&m, map->begin, map->name);
		return true;
	}
	return false;
}

struct process {
	struct peek_cache *cache;
	struct python_world *w;
};

static void close_python(void *process)
{
	struct process *p = process;

	python_close(p->w);
	peek_cache_free(p->cache);
	free(p);
}

static void *open_python(struct symbols *s)
{
	struct peek direct = symbols_peek(s), m;
	struct process *p;
	uint64_t runtime;
	int minor;

	if (!python_locate(s, &runtime, &minor))
		return NULL;
	p = mem_alloc(sizeof(*p));
	p->cache = peek_cache_new(&direct);
	m = peek_cached(p->cache);
	p->w = python_open(&m, runtime, minor);
	if (p->w)
		return p;
	close_python(p);
	return NULL;
}

static void read_thread(
	void *process, const struct language_thread *t, struct language_stack *stack)
{
	python_read_thread(((struct process *)process)->w, t, stack);
}

static pid_t find_holder(void *process, uint64_t address)
{
	return python_find_holder(((struct process *)process)->w, address);
}

static pid_t find_thread(void *process, uint64_t token)
{
	return python_find_ident(((struct process *)process)->w, token);
}

const struct language language_python = {
	.name = "Python",
	.interpreter = "python",
	.open = open_python,
	.close = close_python,
	.read_thread = read_thread,
	.find_holder = find_holder,
	.find_thread = find_thread,
};
