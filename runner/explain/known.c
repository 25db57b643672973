/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/known.h"

#include "runner/base/util.h"

struct entry {
	uint64_t pc;
	bool returns;
	size_t n; /* 0: free */
	struct symbols_place *places;
};

struct start {
	uint64_t pc, start;
	bool used;
};

enum { ENTRIES = 256 };

struct known {
	struct entry entries[ENTRIES]; /* at pc % ENTRIES */
	struct start starts[ENTRIES];
};

struct known *known_new(void)
{
	return mem_alloc(sizeof(struct known));
}

static void entry_done(struct entry *e)
{
	for (size_t i = 0; i < e->n; i++)
		symbols_place_done(&e->places[i]);
	free(e->places);
	*e = (struct entry){ .n = 0 };
}

void known_free(struct known *k)
{
	for (size_t i = 0; k && i < ENTRIES; i++)
		entry_done(&k->entries[i]);
	free(k);
}

static char *copy_text(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static struct symbols_place copy_place(const struct symbols_place *p)
{
	struct symbols_place copy = *p;

	copy.function = copy_text(p->function);
	copy.file = copy_text(p->file);
	copy.module = copy_text(p->module);
	return copy;
}

size_t known_places(const struct known *k, uint64_t pc, bool returns,
	struct symbols_place *ret_places, size_t max)
{
	const struct entry *e = &k->entries[pc % ENTRIES];
	size_t n = e->n < max ? e->n : max;

	if (!e->n || e->pc != pc || e->returns != returns)
		return 0;
	for (size_t i = 0; i < n; i++)
		ret_places[i] = copy_place(&e->places[i + 1 < n ? i : e->n - 1]);
	return n;
}

void known_add_places(
	struct known *k, uint64_t pc, bool returns, const struct symbols_place *places, size_t n)
{
	struct entry *e = &k->entries[pc % ENTRIES];

	entry_done(e);
	*e = (struct entry){
		.pc = pc, .returns = returns, .n = n, .places = mem_alloc((n + 1) * sizeof(*places))
	};
	memcpy(e->places, places, n * sizeof(*places));
}

bool known_start(const struct known *k, uint64_t pc, uint64_t *ret_start)
{
	const struct start *s = &k->starts[pc % ENTRIES];

	*ret_start = s->start;
	return s->used && s->pc == pc;
}

void known_add_start(struct known *k, uint64_t pc, uint64_t start)
{
	k->starts[pc % ENTRIES] = (struct start){ pc, start, true };
}
