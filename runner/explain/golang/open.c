/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the runtime's variables: by their symbols, or in the code that uses them. Pure. */
#include "runner/explain/golang/golang.h"

#include "runner/base/util.h"

enum { MINOR_MIN = 19, MINOR_MAX = 26 };

static const struct go_layout layouts[MINOR_MAX + 1] = {
#define LAYOUT(call, status_, time, created, thread_, current_, channel_)                       \
	{                                                                                       \
		.m = 48, .sp = 56, .pc = 64, .syscall_sp = call, .syscall_pc = (call) + 8,      \
		.status = status_, .id = (status_) + 8, .waiting_since = time,                  \
		.reason = (time) + 8, .created_at = created, .start = (created) + 16,           \
		.waits = (created) + 32, .thread = thread_, .current = current_, .element = 24, \
		.channel = channel_                                                             \
	}
	[19] = LAYOUT(112, 144, 168, 296, 72, 192, 80),
	[20] = LAYOUT(112, 144, 168, 296, 72, 192, 80),
	[21] = LAYOUT(112, 144, 168, 280, 72, 192, 80),
	[22] = LAYOUT(112, 144, 168, 280, 72, 192, 80),
	[23] = LAYOUT(112, 152, 176, 288, 72, 192, 80),
	[24] = LAYOUT(112, 152, 176, 288, 72, 192, 80),
	[25] = LAYOUT(104, 144, 168, 280, 64, 184, 80),
	[26] = LAYOUT(104, 144, 168, 288, 64, 184, 88),
#undef LAYOUT
};

int go_minor(const char *version)
{
	int minor;

	return sscanf(version, "go1.%d", &minor) == 1 ? minor : 0;
}

/* --- variables in code --- */

typedef bool (*accept)(const struct go_world *w, uint64_t address);

/* The addresses that the instructions of a function name: REX.W, MOV, LEA or CMP, then a ModRM byte
 * that means "relative to the next instruction". Most other bytes give an address that accept()
 * turns down. */
static uint64_t find_variable(const struct go_world *w, const char *function, accept is_it)
{
	enum { MAX_CODE = 4096, LENGTH = 7 };
	uint8_t code[MAX_CODE];
	struct go_function f;
	size_t n;

	if (!go_find_named(&w->tables, function, &f))
		return 0;
	n = f.end - f.entry < MAX_CODE ? (size_t)(f.end - f.entry) : MAX_CODE;
	if (!peek_read(&w->tables.m, f.entry, code, n))
		return 0;
	for (size_t i = 0; i + LENGTH <= n; i++) {
		int32_t distance;
		uint64_t address;

		if ((code[i] & 0xfb) != 0x48 || (code[i + 2] & 0xc7) != 0x05)
			continue;
		memcpy(&distance, code + i + 3, sizeof(distance));
		address = f.entry + i + LENGTH + (uint64_t)(int64_t)distance;
		if (address % 8 == 0 && is_it(w, address))
			return address;
	}
	return 0;
}

static bool is_goroutine(const struct go_world *w, uint64_t at)
{
	const struct peek *m = &w->tables.m;
	uint64_t stack[2], id;
	uint32_t status;

	return at && at % 8 == 0 && peek_read(m, at, stack, sizeof(stack)) && stack[0] < stack[1] &&
	       stack[1] - stack[0] <= UINT64_C(1) << 32 && peek_u64(m, at + w->layout.id, &id) &&
	       id && id < UINT64_C(1) << 48 && peek_u32(m, at + w->layout.status, &status) &&
	       (status & 0xff) <= GO_DEAD_EXTRA;
}

/* A slice of goroutines. The first lives as long as the program: main's, or a library's. */
static bool is_allgs(const struct go_world *w, uint64_t address)
{
	uint64_t slice[3], first;

	return peek_read(&w->tables.m, address, slice, sizeof(slice)) && slice[0] &&
	       slice[0] % 8 == 0 && slice[1] && slice[1] <= slice[2] && slice[2] < 1 << 26 &&
	       peek_u64(&w->tables.m, slice[0], &first) && is_goroutine(w, first);
}

/* An array of strings, the second of which has been the same since there are wait reasons. */
static bool is_reasons(const struct go_world *w, uint64_t address)
{
	static const char second[] = "GC assist marking";
	const struct peek *m = &w->tables.m;
	uint64_t strings[4];
	char text[sizeof(second) - 1];

	return peek_read(m, address, strings, sizeof(strings)) && strings[1] == 0 &&
	       strings[3] == sizeof(text) && peek_read(m, strings[2], text, sizeof(text)) &&
	       !memcmp(text, second, sizeof(text));
}

static uint64_t find_reasons(const struct go_world *w)
{
	static const char *const users[] = { "runtime.waitReason.String", "runtime.goroutineheader",
		"runtime.(*waitReason).String" };
	uint64_t found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(users) && !found; i++)
		found = find_variable(w, users[i], is_reasons);
	return found;
}

/* --- the whole --- */

static void take_file(void *arg, char *function, char *file, int line)
{
	char **root = arg;

	(void)line;
	free(function);
	free(*root);
	*root = file;
}

/* "/usr/lib/go/src/" of "/usr/lib/go/src/runtime/proc.go", where every goroutine that waits is
 * parked;
 * "" where paths are trimmed. */
static char *find_root(const struct go_world *w)
{
	enum { TRIED = 32 };
	static const char file[] = "runtime/proc.go";
	char *path = NULL;

	for (uint64_t i = 0; i < w->n_all && i < TRIED; i++) {
		uint64_t at = peek_pointer(&w->tables.m, w->all + i * sizeof(uint64_t));
		uint64_t pc = at ? peek_pointer(&w->tables.m, at + w->layout.pc) : 0;
		struct go_function f;
		size_t n;

		if (pc && go_find_function(&w->tables, pc, &f))
			go_places(&w->tables, &f, pc, take_file, &path);
		n = path ? strlen(path) : 0;
		if (n > strlen(file) && !strcmp(path + n - strlen(file), file)) {
			path[n - strlen(file)] = 0;
			return path;
		}
	}
	free(path);
	return mem_strdup("");
}

struct go_world *go_open(
	const struct peek *m, uint64_t moduledata, int minor, uint64_t allgs, uint64_t reasons)
{
	struct go_world *w;
	uint64_t slice[2];

	if (minor < MINOR_MIN || minor > MINOR_MAX)
		return NULL;
	w = mem_alloc(sizeof(*w));
	w->layout = layouts[minor];
	if (go_open_tables(m, moduledata, minor, &w->tables)) {
		if (!allgs || !is_allgs(w, allgs))
			allgs = find_variable(w, "runtime.allgadd", is_allgs);
		if (allgs && peek_read(m, allgs, slice, sizeof(slice))) {
			w->allgs = allgs;
			w->all = slice[0];
			w->n_all = slice[1];
			w->reasons = reasons && is_reasons(w, reasons) ? reasons : find_reasons(w);
			w->root = find_root(w);
			return w;
		}
	}
	go_close(w);
	return NULL;
}

void go_close(struct go_world *w)
{
	if (w)
		free(w->root);
	free(w);
}
