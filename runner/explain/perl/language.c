/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Perl: the program, or libperl in another. Each of its threads has an interpreter. */
#include "runner/explain/perl/language.h"
#include "runner/explain/languages.h"
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

struct perl {
	const struct symbols *s;
	struct peek m;
	struct perl_world world;
	uint64_t key; /* address of PL_thr_key */
};

static bool is_perl(const struct symbols_map *map)
{
	const char *name = strrchr(map->name, '/');

	return map->is_start && name &&
	       (!strncmp(name, "/perl", 5) || !strncmp(name, "/libperl", 8));
}

static bool find_world(const struct peek *m, uint64_t base, struct perl_world *w, uint64_t *ret_key)
{
	uint64_t current = peek_find_symbol(m, base, "PL_curinterp");

	*w = (struct perl_world){
		.nextstate = peek_find_symbol(m, base, "Perl_pp_nextstate"),
		.dbstate = peek_find_symbol(m, base, "Perl_pp_dbstate"),
		.curcop = peek_find_symbol(m, base, "PL_curcop"),
		.curstackinfo = peek_find_symbol(m, base, "PL_curstackinfo"),
	};
	if (!w->curcop && current)
		w->interpreter = peek_pointer(m, current);
	*ret_key = peek_find_symbol(m, base, "PL_thr_key");
	return w->nextstate && (w->interpreter || (w->curcop && w->curstackinfo));
}

bool perl_locate(const struct symbols *s, struct perl_world *ret_world, uint64_t *ret_key)
{
	struct peek m = symbols_peek(s);
	const struct symbols_map *map;

	for (size_t i = 0; (map = symbols_map_at(s, i)); i++)
		if (is_perl(map) && find_world(&m, map->begin, ret_world, ret_key))
			return true;
	return false;
}

static void *open_perl(struct symbols *s)
{
	struct perl p = { .s = s, .m = symbols_peek(s) }, *ret;

	if (!perl_locate(s, &p.world, &p.key))
		return NULL;
	ret = mem_alloc(sizeof(*ret));
	*ret = p;
	return ret;
}

static void close_perl(void *process)
{
	free(process);
}

static void read_thread(
	void *process, const struct language_thread *t, struct language_stack *stack)
{
	const struct perl *p = process;
	const struct symbols_map *map = symbols_find_map(p->s, t->sp);
	struct perl_world w = p->world;
	uint32_t key;

	if (!map)
		return;
	if (strcmp(map->name, "[stack]")) {
		if (!w.interpreter || !p->key || !peek_u32(&p->m, p->key, &key))
			return;
		w.interpreter = perl_find_specific(&p->m, map->end, t->tid, key);
		if (!w.interpreter)
			return;
	}
	perl_read_frames(&p->m, &w, stack);
}

const struct language language_perl = {
	.name = "Perl",
	.interpreter = "perl",
	.open = open_perl,
	.close = close_perl,
	.read_thread = read_thread,
};
