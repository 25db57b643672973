/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PHP, where it is built for one thread: `php`, and the module of a web server. */
#include "runner/explain/php/language.h"
#include "runner/explain/languages.h"
#include "runner/explain/php/php.h"
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

struct php {
	const struct symbols *s;
	struct peek m;
	uint64_t globals;
};

static bool is_php(const struct symbols_map *map)
{
	const char *name = strrchr(map->name, '/');

	return map->is_start && name && (!strncmp(name, "/php", 4) || !strncmp(name, "/libphp", 7));
}

bool php_locate(const struct symbols *s, uint64_t *ret_globals)
{
	struct peek m = symbols_peek(s);
	const struct symbols_map *map;

	for (size_t i = 0; (map = symbols_map_at(s, i)); i++) {
		uint64_t globals =
			is_php(map) ? peek_find_symbol(&m, map->begin, "executor_globals") : 0;

		if (!globals)
			continue;
		*ret_globals = globals;
		return true;
	}
	return false;
}

static void *open_php(struct symbols *s)
{
	uint64_t globals;
	struct php *p;

	if (!php_locate(s, &globals))
		return NULL;
	p = mem_alloc(sizeof(*p));
	*p = (struct php){ s, symbols_peek(s), globals };
	return p;
}

static void close_php(void *process)
{
	free(process);
}

/* The program runs in the first thread. Others are of libraries. */
static void read_thread(
	void *process, const struct language_thread *t, struct language_stack *stack)
{
	const struct php *p = process;
	const struct symbols_map *map = symbols_find_map(p->s, t->sp);

	if (map && !strcmp(map->name, "[stack]"))
		php_read_frames(&p->m, p->globals, stack);
}

const struct language language_php = {
	.name = "PHP",
	.interpreter = "php",
	.open = open_php,
	.close = close_php,
	.read_thread = read_thread,
};
