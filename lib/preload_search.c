/* SPDX-License-Identifier: MIT */
/*
 * preload_search.c: static words that are taken as locks, found by the instruction that does it: on
 * an address that the code itself holds, in a place that can be written. A word that serves for
 * something else is found, too; only trying tells.
 */
#include "lib/arch/arch.h"
#include "lib/preload.h"

#define CODE_MAX (32u << 20) /* bytes that are searched */

struct found {
	uint32_t **words;
	unsigned int n, max;
};

static bool is_writable(uintptr_t address, uintptr_t base)
{
	const struct preload_module *m;

	for (size_t i = 0; (m = preload_module_at(i)); i++)
		if (m->writable && m->base == base && address >= m->begin && address + 4 <= m->end)
			return true;
	return false;
}

static void add(struct found *f, uintptr_t address, uintptr_t base)
{
	if (address % 4 || !is_writable(address, base))
		return;
	for (unsigned int i = 0; i < f->n; i++)
		if (f->words[i] == (uint32_t *)address)
			return;
	if (f->n < f->max)
		f->words[f->n++] = (uint32_t *)address;
}

static void search(struct found *f, const struct preload_module *m, size_t size)
{
	const uint8_t *p = (const uint8_t *)m->begin, *end = p + size;
	uintptr_t word;

	while ((p = arch_next_lock_word(p, end, &word)))
		add(f, word, m->base);
}

/* The libc's first: those of a program can more often be reached by other means. */
unsigned int preload_search_words(uint32_t *words[], unsigned int max)
{
	const struct preload_module *own = preload_module_of((uintptr_t)preload_search_words), *m;
	struct found f = { words, 0, max };
	size_t left = CODE_MAX;

	for (int libc = 1; libc >= 0; libc--)
		for (size_t i = 0; (m = preload_module_at(i)); i++) {
			size_t size = m->end - m->begin < left ? m->end - m->begin : left;

			if (!m->code || m == own ||
				preload_site_is_libc((void *)m->begin) != (bool)libc)
				continue;
			search(&f, m, size);
			left -= size;
		}
	return f.n;
}
