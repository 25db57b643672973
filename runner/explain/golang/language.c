/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds Go's runtime in a process, and puts goroutines in words. */
#include "runner/explain/golang/language.h"
#include "runner/explain/golang/golang.h"
#include "runner/explain/languages.h"
#include "runner/explain/symbols.h"

#include "runner/base/util.h"

#include <elf.h>
#include <inttypes.h>

struct process {
	struct symbols *symbols;
	struct peek_cache *cache;
	struct go_world *w;
	struct go_goroutine *goroutines;
	size_t n;
};

/* --- where it is --- */

/* The linker gives every Go program and library a note of its own: owner "Go", type 4. */
static bool has_go_note(const struct peek *m, uint64_t base)
{
	enum { MAX_HEADERS = 64, NOTE_TYPE = 4, MAX_NOTES = 8 };
	Elf64_Ehdr head;
	Elf64_Phdr p;
	uint64_t bias = base;

	if (!peek_read(m, base, &head, sizeof(head)) || memcmp(head.e_ident, ELFMAG, SELFMAG) ||
		head.e_phentsize != sizeof(p))
		return false;
	for (size_t i = 0; i < head.e_phnum && i < MAX_HEADERS; i++) {
		if (!peek_read(m, base + head.e_phoff + i * sizeof(p), &p, sizeof(p)))
			return false;
		if (p.p_type == PT_LOAD && !p.p_offset)
			bias = base - p.p_vaddr;
	}
	for (size_t i = 0; i < head.e_phnum && i < MAX_HEADERS; i++) {
		uint64_t at, end;

		if (!peek_read(m, base + head.e_phoff + i * sizeof(p), &p, sizeof(p)) ||
			p.p_type != PT_NOTE)
			continue;
		at = bias + p.p_vaddr;
		end = at + p.p_memsz;
		for (int k = 0; k < MAX_NOTES && at < end; k++) {
			struct {
				Elf64_Nhdr head;
				char owner[4];
			} note;

			if (!peek_read(m, at, &note, sizeof(note)))
				break;
			if (note.head.n_type == NOTE_TYPE && !memcmp(note.owner, "Go\0", 4))
				return true;
			at += sizeof(note.head) + ((note.head.n_namesz + 3) & ~3u) +
			      ((note.head.n_descsz + 3) & ~3u);
		}
	}
	return false;
}

/* "\xff Go buildinf:", the size of a pointer, flags; from 1.18 on the version follows after 32
 * bytes, with its length before it. */
static int minor_at(const char *bytes, size_t n)
{
	enum { FLAGS = 15, INLINE = 2, VERSION = 32, MAX_LENGTH = 64 };
	char version[MAX_LENGTH + 1] = "";
	size_t length;

	if (n < VERSION + 1 || !(bytes[FLAGS] & INLINE))
		return 0;
	length = (unsigned char)bytes[VERSION];
	if (length > MAX_LENGTH || n < VERSION + 1 + length)
		return 0;
	memcpy(version, bytes + VERSION + 1, length);
	return go_minor(version);
}

struct found {
	uint64_t moduledata;
	int minor;
};

/* One mapping of the file's data, a piece at a time. */
static void search_mapping(const struct peek *m, const struct symbols_map *map, struct found *f)
{
	static const char magic[] = "\xff Go buildinf:";
	enum { CHUNK = 1 << 16, OVERLAP = 256, MAX_SIZE = 1 << 28 };
	char *chunk = mem_alloc(CHUNK);

	for (uint64_t at = map->begin;
		at < map->end && at - map->begin < MAX_SIZE && (!f->minor || !f->moduledata);
		at += CHUNK - OVERLAP) {
		size_t n = map->end - at < CHUNK ? (size_t)(map->end - at) : CHUNK;

		if (!peek_read(m, at, chunk, n))
			break;
		for (size_t i = 0; i + OVERLAP <= n; i += 8) {
			uint64_t words[GO_MODULE_WORDS];
			struct go_tables tables;

			if (!f->minor && !memcmp(chunk + i, magic, sizeof(magic) - 1))
				f->minor = minor_at(chunk + i, n - i);
			memcpy(words, chunk + i, sizeof(words));
			if (!f->moduledata && go_may_be_module(words) &&
				go_open_tables(m, at + i, 20, &tables))
				f->moduledata = at + i;
		}
	}
	free(chunk);
}

bool go_locate(struct symbols *s, struct go_location *ret_location)
{
	struct peek m = symbols_peek(s);
	const struct symbols_map *map, *start = NULL;

	for (size_t i = 0; (map = symbols_map_at(s, i)); i++) {
		struct found f = { 0 };

		if (!map->is_start || !has_go_note(&m, map->begin))
			continue;
		start = map;
		for (; (map = symbols_map_at(s, i)) && !strcmp(map->name, start->name); i++)
			if (!map->execute && (!f.minor || !f.moduledata))
				search_mapping(&m, map, &f);
		if (!f.minor || !f.moduledata)
			return false;
		*ret_location = (struct go_location){ f.moduledata, f.minor };
		return true;
	}
	return false;
}

static void close_go(void *process)
{
	struct process *p = process;

	go_goroutines_done(p->goroutines, p->n);
	go_close(p->w);
	peek_cache_free(p->cache);
	free(p);
}

static void *open_go(struct symbols *s)
{
	struct peek direct = symbols_peek(s), m;
	struct go_location at;
	struct process *p;

	if (!go_locate(s, &at))
		return NULL;
	p = mem_alloc(sizeof(*p));
	p->symbols = s;
	p->cache = peek_cache_new(&direct);
	m = peek_cached(p->cache);
	p->w = go_open(&m, at.moduledata, at.minor, 0, 0);
	if (!p->w) {
		close_go(p);
		return NULL;
	}
	p->n = go_read_goroutines(p->w, &p->goroutines, GO_MAX_GOROUTINES);
	return p;
}

/* --- in words --- */

/* "journal" of "main.journal+4": the word is somewhere in the variable. */
static char *name_variable(struct symbols *s, uint64_t address)
{
	bool symbol = false;
	char *name = address ? symbols_name_data(s, address, &symbol) : NULL;

	if (name && symbol) {
		name[strcspn(name, "+")] = 0;
		return name;
	}
	free(name);
	return NULL;
}

static void copy_stack(
	struct symbols *s, const struct language_stack *from, struct language_stack *to)
{
	for (size_t i = 0; i < from->n; i++)
		language_add_frame(to, mem_strdup(from->frames[i].function),
			mem_strdup(from->frames[i].file), from->frames[i].line,
			from->frames[i].library);
	to->language = from->language;
	to->wait = from->wait;
	to->address = from->address;
	to->name = name_variable(s, from->address);
}

/* A goroutine that is in a system call, or running, has the thread; one that waits has none. */
static void read_thread(
	void *process, const struct language_thread *t, struct language_stack *stack)
{
	struct process *p = process;

	for (size_t i = 0; i < p->n; i++)
		if (p->goroutines[i].tid == t->tid && p->goroutines[i].status == GO_SYSCALL)
			copy_stack(p->symbols, &p->goroutines[i].stack, stack);
}

static bool is_equal(const struct go_goroutine *a, const struct go_goroutine *b)
{
	if (a->status != b->status || a->stack.n != b->stack.n ||
		a->stack.address != b->stack.address || !a->reason != !b->reason ||
		(a->reason && strcmp(a->reason, b->reason)))
		return false;
	for (size_t i = 0; i < a->stack.n; i++)
		if (a->stack.frames[i].line != b->stack.frames[i].line ||
			strcmp(a->stack.frames[i].function, b->stack.frames[i].function))
			return false;
	return true;
}

static char *describe(const struct go_goroutine *g, size_t count, const char *name)
{
	static const char *const states[] = { [GO_RUNNABLE] = "runnable",
		[GO_RUNNING] = "running",
		[GO_SYSCALL] = "in a system call" };
	int64_t minutes = g->since ? (time_now_ns() - g->since) / (60 * NSEC_PER_SEC) : 0;
	const char *state = g->reason ? g->reason
			    : g->status < ARRAY_SIZE(states) && states[g->status]
				    ? states[g->status]
				    : "waiting";
	cleanup(cleanup_free) char *more =
		count > 1 ? mem_printf(" and %zu more like it", count - 1) : mem_strdup("");
	cleanup(cleanup_free) char *object = name ? mem_printf(" (%s)", name) : mem_strdup("");
	cleanup(cleanup_free) char *time =
		minutes > 0 ? mem_printf(", %" PRId64 " minutes", minutes) : mem_strdup("");
	const struct language_frame *f = language_where(&g->stack);
	cleanup(cleanup_free) char *place = f ? language_frame_text(f) : NULL;

	return mem_printf("goroutine %" PRIu64 "%s: %s%s%s%s%s%s%s", g->id, more, state, object,
		time, place ? " in " : "", place ? place : "", g->creator ? ", created by " : "",
		g->creator ? g->creator : "");
}

static void read_tasks(void *process, struct language_task **ret_tasks, size_t *ret_n)
{
	struct process *p = process;
	cleanup(cleanup_free) bool *told = mem_alloc(p->n + 1);
	struct language_task *tasks = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct language_task task = { .count = 0 };

		if (told[i] || p->goroutines[i].system)
			continue;
		for (size_t k = i; k < p->n; k++)
			if (!p->goroutines[k].system && !told[k] &&
				is_equal(&p->goroutines[i], &p->goroutines[k])) {
				told[k] = true;
				task.count++;
			}
		copy_stack(p->symbols, &p->goroutines[i].stack, &task.stack);
		task.description = describe(&p->goroutines[i], task.count, task.stack.name);
		tasks = mem_grow(tasks, n, &cap, sizeof(*tasks));
		tasks[n++] = task;
	}
	*ret_tasks = tasks;
	*ret_n = n;
}

const struct language language_go = {
	.name = "Go",
	.open = open_go,
	.close = close_go,
	.read_thread = read_thread,
	.read_tasks = read_tasks,
};
