/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/peek.h"

#include "runner/base/util.h"

#include <elf.h>

bool peek_read(const struct peek *m, uint64_t address, void *ret, size_t n)
{
	if (address && address + n > address && m->read(m->arg, address, ret, n) == 0)
		return true;
	memset(ret, 0, n);
	return false;
}

bool peek_u64(const struct peek *m, uint64_t address, uint64_t *ret)
{
	return peek_read(m, address, ret, sizeof(*ret));
}

bool peek_u32(const struct peek *m, uint64_t address, uint32_t *ret)
{
	return peek_read(m, address, ret, sizeof(*ret));
}

bool peek_u8(const struct peek *m, uint64_t address, uint8_t *ret)
{
	return peek_read(m, address, ret, sizeof(*ret));
}

uint64_t peek_pointer(const struct peek *m, uint64_t address)
{
	uint64_t p;

	peek_u64(m, address, &p);
	return p;
}

/* Byte by byte towards the end: the text may stand right before memory that is not mapped. */
char *peek_text(const struct peek *m, uint64_t address, size_t max)
{
	enum { STEP = 32 };
	char *text = mem_alloc(max + STEP);
	size_t n = 0;

	while (n < max) {
		size_t step = STEP;

		if (!peek_read(m, address + n, text + n, STEP))
			step = peek_read(m, address + n, text + n, 1);
		if (step && memchr(text + n, 0, step))
			return text;
		if (!step)
			break;
		n += step;
	}
	free(text);
	return NULL;
}

/* --- pages --- */

enum { PAGE_BYTES = 4096, PAGES = 128 };

struct peek_cache {
	struct peek from;
	struct page {
		uint64_t address; /* 0: none */
		char bytes[PAGE_BYTES];
	} pages[PAGES];
};

struct peek_cache *peek_cache_new(const struct peek *from)
{
	struct peek_cache *c = mem_alloc(sizeof(*c));

	c->from = *from;
	return c;
}

void peek_cache_free(struct peek_cache *c)
{
	free(c);
}

static int read_cached(void *arg, uint64_t address, void *ret_bytes, size_t n)
{
	struct peek_cache *c = arg;
	uint64_t start = address - address % PAGE_BYTES;
	struct page *p = &c->pages[start / PAGE_BYTES % PAGES];

	if (!start || n > PAGE_BYTES - (size_t)(address - start))
		return c->from.read(c->from.arg, address, ret_bytes, n);
	if (p->address != start) {
		p->address = 0;
		if (c->from.read(c->from.arg, start, p->bytes, PAGE_BYTES) != 0)
			return c->from.read(c->from.arg, address, ret_bytes, n);
		p->address = start;
	}
	memcpy(ret_bytes, p->bytes + (address - start), n);
	return 0;
}

struct peek peek_cached(struct peek_cache *c)
{
	return (struct peek){ read_cached, c };
}

/* --- exported symbols --- */

/* What the dynamic section says; addresses in the process. */
struct dynamic {
	uint64_t symbols, strings, hash;
};

/* The loader of glibc writes addresses over the offsets that the file has; musl's does not. */
static uint64_t relocate(uint64_t base, uint64_t bias, uint64_t value)
{
	return value >= base ? value : bias + value;
}

static bool read_dynamic(
	const struct peek *m, uint64_t base, uint64_t *ret_bias, struct dynamic *ret_dynamic)
{
	enum { MAX_HEADERS = 64, MAX_ENTRIES = 256 };
	struct dynamic d = { 0 };
	uint64_t dynamic = 0, bias = base;
	Elf64_Ehdr head;

	if (!peek_read(m, base, &head, sizeof(head)) || memcmp(head.e_ident, ELFMAG, SELFMAG) ||
		head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(Elf64_Phdr))
		return false;
	for (size_t i = 0; i < head.e_phnum && i < MAX_HEADERS; i++) {
		Elf64_Phdr p;

		if (!peek_read(m, base + head.e_phoff + i * sizeof(p), &p, sizeof(p)))
			return false;
		if (p.p_type == PT_LOAD && p.p_offset == 0)
			bias = base - p.p_vaddr;
		if (p.p_type == PT_DYNAMIC)
			dynamic = p.p_vaddr;
	}
	for (size_t i = 0; dynamic && i < MAX_ENTRIES; i++) {
		Elf64_Dyn e;

		if (!peek_read(m, bias + dynamic + i * sizeof(e), &e, sizeof(e)) ||
			e.d_tag == DT_NULL)
			break;
		if (e.d_tag == DT_SYMTAB)
			d.symbols = relocate(base, bias, e.d_un.d_ptr);
		if (e.d_tag == DT_STRTAB)
			d.strings = relocate(base, bias, e.d_un.d_ptr);
		if (e.d_tag == DT_GNU_HASH)
			d.hash = relocate(base, bias, e.d_un.d_ptr);
	}
	*ret_bias = bias;
	*ret_dynamic = d;
	return d.symbols && d.strings && d.hash;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

static bool is_named(const struct peek *m, uint64_t address, const char *name)
{
	char text[128];
	size_t n = strlen(name) + 1;

	return n <= sizeof(text) && peek_read(m, address, text, n) && !memcmp(text, name, n);
}

/* Layout of the table: "ELF: symbol lookup via DT_HASH and DT_GNU_HASH", flapenguin.me. */
uint64_t peek_find_symbol(const struct peek *m, uint64_t base, const char *name)
{
	enum { MAX_CHAIN = 256 };
	uint32_t head[4], index, hash, want = gnu_hash(name);
	struct dynamic d;
	uint64_t bias, buckets, chains;

	if (!read_dynamic(m, base, &bias, &d) || !peek_read(m, d.hash, head, sizeof(head)) ||
		!head[0])
		return 0;
	buckets = d.hash + sizeof(head) + (uint64_t)head[2] * sizeof(uint64_t);
	chains = buckets + (uint64_t)head[0] * sizeof(uint32_t);
	if (!peek_u32(m, buckets + want % head[0] * sizeof(uint32_t), &index) || index < head[1])
		return 0;
	for (size_t i = 0; i < MAX_CHAIN; i++, index++) {
		Elf64_Sym sym;

		if (!peek_u32(m, chains + (uint64_t)(index - head[1]) * sizeof(uint32_t), &hash))
			return 0;
		if ((hash | 1) == (want | 1) &&
			peek_read(
				m, d.symbols + (uint64_t)index * sizeof(sym), &sym, sizeof(sym)) &&
			sym.st_shndx != SHN_UNDEF && is_named(m, d.strings + sym.st_name, name))
			return bias + sym.st_value;
		if (hash & 1)
			return 0;
	}
	return 0;
}
