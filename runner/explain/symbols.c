/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/symbols.h"

#include "runner/explain/demangle.h"
#include "runner/explain/known.h"
#include "runner/explain/lines.h"
#include "runner/explain/module.h"
#include "runner/explain/plain_elf.h"
#include "runner/proc/open.h"
#include "runner/proc/procfs.h"
#include "runner/base/util.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>

struct stack {
	pid_t tid;
	const struct symbols_map *map;
};

struct symbols {
	pid_t pid;
	int mem; /* /proc/PID/mem */
	struct symbols_map *maps;
	size_t n_maps;
	struct stack *stacks;
	size_t n_stacks, cap_stacks;
	Dwfl *dwfl; /* opened at the first name asked for */
	bool tried;
	struct known *known;
};

/* --- memory and mappings --- */

static int read_maps(struct symbols *s)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/maps", (int)s->pid);
	cleanup(cleanup_fclose) FILE *f = procfs_fopen(path);
	cleanup(cleanup_free) char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		return -errno;
	/* No NUL stands in it, so "up to a NUL" is all of it. */
	n = getdelim(&text, &cap, 0, f);
	if (n <= 0)
		return -ESRCH;
	symbols_parse_maps(text, (size_t)n, &s->maps, &s->n_maps);
	return s->n_maps ? 0 : -ESRCH;
}

int symbols_open(pid_t pid, struct symbols **ret_symbols)
{
	struct symbols *s = mem_alloc(sizeof(*s));
	cleanup(cleanup_free) char *path = mem_printf("%d/mem", (int)pid);
	int r;

	s->pid = pid;
	s->known = known_new();
	s->mem = procfs_open(path, O_RDONLY);
	r = s->mem < 0 ? -errno : read_maps(s);
	if (r < 0) {
		symbols_free(s);
		return r;
	}
	*ret_symbols = s;
	return 0;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	known_free(s->known);
	if (s->dwfl)
		dwfl_end(s->dwfl);
	symbols_free_maps(s->maps, s->n_maps);
	free(s->stacks);
	cleanup_close(&s->mem);
	free(s);
}

int symbols_read(const struct symbols *s, uint64_t address, void *ret_bytes, size_t n)
{
	ssize_t got;

	if (address > INT64_MAX)
		return -EFAULT;
	got = pread(s->mem, ret_bytes, n, (off_t)address);
	if (got < 0)
		return -errno;
	return (size_t)got == n ? 0 : -EFAULT;
}

static int peek_process(void *arg, uint64_t address, void *ret_bytes, size_t n)
{
	return symbols_read(arg, address, ret_bytes, n);
}

struct peek symbols_peek(const struct symbols *s)
{
	return (struct peek){ peek_process, (void *)s };
}

const struct symbols_map *symbols_map_at(const struct symbols *s, size_t i)
{
	return i < s->n_maps ? &s->maps[i] : NULL;
}

/* The kernel lists them by address. */
const struct symbols_map *symbols_find_map(const struct symbols *s, uint64_t address)
{
	size_t low = 0, high = s->n_maps;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->maps[mid].end <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low < s->n_maps && s->maps[low].begin <= address ? &s->maps[low] : NULL;
}

void symbols_add_stack(struct symbols *s, pid_t tid, uint64_t sp)
{
	const struct symbols_map *m = symbols_find_map(s, sp);

	if (!m)
		return;
	s->stacks = mem_grow(s->stacks, s->n_stacks, &s->cap_stacks, sizeof(*s->stacks));
	s->stacks[s->n_stacks++] = (struct stack){ tid, m };
}

/* --- libdwfl --- */

/* In the process's own root, and only then in ours. */
static int open_as_seen(const struct symbols *s, const char *name)
{
	cleanup(cleanup_free) char *path = mem_printf("%d/root%s", (int)s->pid, name);
	int fd = procfs_open(path, O_RDONLY);

	return fd >= 0 ? fd : open(name, O_RDONLY | O_CLOEXEC);
}

/* What is mapped, also when the file has been deleted or replaced since. */
static int open_module(struct symbols *s, const char *name, Dwarf_Addr base)
{
	const struct symbols_map *m = symbols_find_map(s, base);
	char path[96];
	int fd = -1;

	if (m) {
		snprintf(path, sizeof(path), "%d/map_files/%" PRIx64 "-%" PRIx64, (int)s->pid,
			m->begin, m->end);
		fd = procfs_open(path, O_RDONLY);
	}
	return fd >= 0 ? fd : open_as_seen(s, name);
}

static int find_elf(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
	char **file_name, Elf **elfp)
{
	struct symbols *s = *userdata;

	if (!s || name[0] != '/')
		return dwfl_linux_proc_find_elf(mod, userdata, name, base, file_name, elfp);
	return plain_elf(open_module(s, name, base));
}

static int find_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
	const char *file, const char *debuglink, GElf_Word crc, char **debug_file)
{
	struct symbols *s = *userdata;
	const unsigned char *id;
	char hex[129], path[192];
	GElf_Addr where;
	int n;

	(void)base, (void)file, (void)debuglink, (void)crc, (void)debug_file;
	n = dwfl_module_build_id(mod, &id, &where);
	if (!s || n < 2 || n > 64)
		return -1;
	for (int i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	/* Of a libc the names are wanted, and its table of them is not compressed. */
	return module_is_libc(name) ? open_as_seen(s, path) : plain_elf(open_as_seen(s, path));
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = find_elf,
	.find_debuginfo = find_debuginfo,
};

static int give_userdata(
	Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr start, void *arg)
{
	(void)mod, (void)name, (void)start;
	*userdata = arg;
	return DWARF_CB_OK;
}

Dwfl *symbols_new_session(struct symbols *s)
{
	Dwfl *dwfl = mem_is_left(PLAIN_ELF_ROOM) ? dwfl_begin(&callbacks) : NULL;

	if (!dwfl)
		return NULL;
	if (dwfl_linux_proc_report(dwfl, s->pid) != 0 || dwfl_report_end(dwfl, NULL, NULL) != 0) {
		dwfl_end(dwfl);
		return NULL;
	}
	dwfl_getmodules(dwfl, give_userdata, s, 0);
	return dwfl;
}

Dwfl *symbols_session(struct symbols *s)
{
	if (!s->tried)
		s->dwfl = symbols_new_session(s);
	s->tried = true;
	return s->dwfl;
}

static int by_begin(const void *a, const void *b)
{
	const struct symbols_map *x = a, *y = b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static void report_file(Dwfl *dwfl, const struct symbols_file *f)
{
	int fd = plain_elf(open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));

	/* It takes the descriptor where it succeeds. */
	if (fd >= 0 && !dwfl_report_elf(dwfl, f->path, f->path, fd, f->base, true))
		close(fd);
}

struct symbols *symbols_of_files(const struct symbols_file *files, size_t n)
{
	struct symbols *s = mem_alloc(sizeof(*s));

	s->mem = -1;
	s->known = known_new();
	s->tried = true;
	s->maps = mem_alloc((n ? n : 1) * sizeof(*s->maps));
	s->n_maps = n;
	s->dwfl = dwfl_begin(&callbacks);
	for (size_t i = 0; i < n; i++) {
		s->maps[i] = (struct symbols_map){ .begin = files[i].begin,
			.end = files[i].end,
			.execute = true,
			.is_start = true,
			.name = mem_strdup(files[i].path) };
		if (s->dwfl)
			report_file(s->dwfl, &files[i]);
	}
	qsort(s->maps, n, sizeof(*s->maps), by_begin);
	if (s->dwfl) {
		dwfl_report_end(s->dwfl, NULL, NULL);
		dwfl_getmodules(s->dwfl, give_userdata, s, 0);
	}
	return s;
}

/* --- code --- */

static const char *name_of_map(const struct symbols *s, uint64_t address)
{
	const struct symbols_map *m = symbols_find_map(s, address);

	return m ? m->name : "";
}

/* An address without a file is code that was made at run time, or a stack gone wrong. Returns where
 * the function begins, 0 unknown. */
static uint64_t find_function(
	struct symbols *s, Dwfl_Module *mod, uint64_t pc, uint64_t at, struct symbols_place *ret)
{
	const struct symbols_map *m = symbols_find_map(s, pc);
	struct symbols_place place = { .offset = pc };
	Dwarf_Addr start = 0;
	GElf_Off offset = 0;
	GElf_Sym sym;
	const char *name;

	place.module = mem_strdup(m && m->name[0] ? module_base_name(m->name) : "?");
	place.system = m && module_is_system(m->name);
	if (mod) {
		dwfl_module_info(mod, NULL, &start, NULL, NULL, NULL, NULL, NULL);
		place.offset = pc - start;
		name = dwfl_module_addrinfo(mod, at, &offset, &sym, NULL, NULL, NULL);
		/* Past its end is some static neighbour, which a stripped file does not name. */
		if (name && offset < sym.st_size) {
			cleanup(cleanup_free) char *plain = mem_strndup(name, strcspn(name, "@"));

			place.function = demangle(plain);
		}
	}
	*ret = place;
	return place.function ? at - offset : 0;
}

/* What the lines of one function may take. */
#define LINES_ROOM (PLAIN_ELF_ROOM / 2)

static size_t find_places(
	struct symbols *s, uint64_t pc, bool returns, struct symbols_place *ret_places, size_t max)
{
	struct lines_place lines[SYMBOLS_MAX_PLACES];
	struct symbols_place outer;
	uint64_t at = returns && pc ? pc - 1 : pc, start;
	Dwfl_Module *mod = symbols_session(s) ? dwfl_addrmodule(s->dwfl, at) : NULL;
	size_t n;

	start = find_function(s, mod, pc, at, &outer);
	n = mod && !module_is_libc(name_of_map(s, pc)) && mem_is_left(LINES_ROOM)
		    ? lines_find(mod, at, start, lines,
			      max < ARRAY_SIZE(lines) ? max : ARRAY_SIZE(lines))
		    : 0;
	for (size_t i = 0; i < n; i++) {
		bool last = i == n - 1;

		ret_places[i] = outer;
		ret_places[i].file = lines[i].file;
		ret_places[i].line = lines[i].line;
		if (last)
			free(lines[i].function);
		else
			ret_places[i].function = lines[i].function;
		if (!last)
			ret_places[i].module = mem_strdup(outer.module);
	}
	if (!n)
		ret_places[n++] = outer;
	return n;
}

size_t symbols_places(
	struct symbols *s, uint64_t pc, bool returns, struct symbols_place *ret_places, size_t max)
{
	struct symbols_place found[SYMBOLS_MAX_PLACES];
	size_t n = known_places(s->known, pc, returns, ret_places, max);

	if (n)
		return n;
	n = find_places(s, pc, returns, found, SYMBOLS_MAX_PLACES);
	known_add_places(s->known, pc, returns, found, n);
	return known_places(s->known, pc, returns, ret_places, max);
}

void symbols_place(struct symbols *s, uint64_t pc, bool returns, struct symbols_place *ret_place)
{
	struct symbols_place places[SYMBOLS_MAX_PLACES];
	size_t n = symbols_places(s, pc, returns, places, ARRAY_SIZE(places));

	for (size_t i = 0; i + 1 < n; i++)
		symbols_place_done(&places[i]);
	*ret_place = places[n - 1];
}

static uint64_t find_start(struct symbols *s, uint64_t pc)
{
	Dwfl_Module *mod = symbols_session(s) ? dwfl_addrmodule(s->dwfl, pc) : NULL;
	GElf_Off offset;
	GElf_Sym sym;

	if (!mod || !dwfl_module_addrinfo(mod, pc, &offset, &sym, NULL, NULL, NULL) ||
		offset >= sym.st_size)
		return 0;
	return pc - offset;
}

uint64_t symbols_function_start(struct symbols *s, uint64_t pc)
{
	uint64_t start;

	if (!known_start(s->known, pc, &start)) {
		start = find_start(s, pc);
		known_add_start(s->known, pc, start);
	}
	return start;
}

/* --- data --- */

static bool is_file(const struct symbols_map *m)
{
	return m->name[0] == '/' && strncmp(m->name, "/dev/", 5) && strncmp(m->name, "/SYSV", 5) &&
	       strncmp(m->name, "/memfd:", 7);
}

/* Zeroed variables lie in anonymous memory right behind the file's last mapping. */
static const struct symbols_map *file_of(const struct symbols *s, uint64_t address)
{
	const struct symbols_map *m = symbols_find_map(s, address);

	if (m && !m->name[0] && m > s->maps && m[-1].end == m->begin && is_file(&m[-1]))
		m--;
	return m && is_file(m) ? m : NULL;
}

static uint64_t file_start(const struct symbols *s, const struct symbols_map *m)
{
	while (m > s->maps && !strcmp(m[-1].name, m->name))
		m--;
	return m->begin;
}

static char *name_variable(struct symbols *s, const struct symbols_map *m, uint64_t address)
{
	Dwfl_Module *mod = symbols_session(s) ? dwfl_addrmodule(s->dwfl, m->begin) : NULL;
	GElf_Off offset;
	GElf_Sym sym;
	const char *name;
	cleanup(cleanup_free) char *plain = NULL, *part = NULL;

	if (!mod)
		return NULL;
	name = dwfl_module_addrinfo(mod, address, &offset, &sym, NULL, NULL, NULL);
	if (!name || GELF_ST_TYPE(sym.st_info) == STT_FUNC || !sym.st_size || offset >= sym.st_size)
		return NULL;
	plain = demangle(name);
	if (!module_is_libc(m->name) && mem_is_left(LINES_ROOM))
		part = variable_part(mod, address - offset, offset);
	if (part)
		return mem_printf("%s%s", plain, part);
	return offset ? mem_printf("%s+%" PRIu64, plain, (uint64_t)offset) : mem_strdup(plain);
}

char *symbols_name_local(struct symbols *s, const struct variable_frame *frame, uint64_t address)
{
	Dwfl_Module *mod = symbols_session(s) ? dwfl_addrmodule(s->dwfl, frame->pc) : NULL;

	return mod && !module_is_libc(name_of_map(s, frame->pc)) && mem_is_left(LINES_ROOM)
		       ? variable_local(mod, frame, address)
		       : NULL;
}

char *symbols_name_cheap(const struct symbols *s, uint64_t address)
{
	const struct symbols_map *m = file_of(s, address);

	if (!m)
		return mem_strdup("");
	return mem_printf("%s+0x%" PRIx64, module_base_name(m->name), address - file_start(s, m));
}

static char *name_memory(const struct symbols *s, uint64_t address)
{
	const struct symbols_map *m = symbols_find_map(s, address);

	if (!m)
		return mem_printf("0x%" PRIx64, address);
	for (size_t i = 0; i < s->n_stacks; i++)
		if (s->stacks[i].map == m)
			return mem_printf("stack of thread %d", (int)s->stacks[i].tid);
	if (!strcmp(m->name, "[heap]"))
		return mem_printf("heap 0x%" PRIx64, address);
	if (!m->name[0])
		return mem_printf("memory 0x%" PRIx64, address);
	if (!strcmp(m->name, "/dev/zero (deleted)"))
		return mem_printf("shared memory+0x%" PRIx64, address - m->begin);
	return mem_printf("%s+0x%" PRIx64, m->name, address - m->begin);
}

char *symbols_name_data(struct symbols *s, uint64_t address, bool *ret_symbol)
{
	const struct symbols_map *m = file_of(s, address);
	char *name = m ? name_variable(s, m, address) : NULL;

	*ret_symbol = name != NULL;
	if (name)
		return name;
	return m ? symbols_name_cheap(s, address) : name_memory(s, address);
}
