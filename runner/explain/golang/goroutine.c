/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The goroutines: state, stack, what each waits for. Pure. */
#include "runner/explain/golang/golang.h"

#include "runner/base/util.h"

/* --- stacks --- */

static const struct go_known *know(struct go_world *w, uint64_t pc)
{
	struct go_known *k = &w->known[pc / 2 % GO_KNOWN];

	if (k->pc == pc)
		return k;
	*k = (struct go_known){ .pc = pc };
	if (!pc || !go_find_function(&w->tables, pc, &k->function) ||
		!go_frame_size(&w->tables, &k->function, pc, &k->size))
		k->size = UINT64_MAX;
	return k;
}

/* By its folder; where the paths were trimmed, by a package that the program can't have. */
static bool is_library(const struct go_world *w, const char *function, const char *file)
{
	static const char *const packages[] = { "runtime.", "runtime/", "internal/", "sync.",
		"sync/", "syscall.", "os.", "os/", "io.", "net.", "net/", "time.", "context.",
		"bufio.", "database/", "crypto/", "reflect.", "testing.", "log." };

	if (w->root[0] && file)
		return !strncmp(file, w->root, strlen(w->root));
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++)
		if (!strncmp(function, packages[i], strlen(packages[i])))
			return true;
	return false;
}

struct adding {
	const struct go_world *w;
	struct language_stack *stack;
};

static void add_frame(void *arg, char *function, char *file, int line)
{
	struct adding *a = arg;

	language_add_frame(a->stack, function, file, line, is_library(a->w, function, file));
}

/* Frames from sp on; the caller's address stands above each. Calls see(), if given, with the part
 * of the stack that each function has. */
static void unwind(struct go_world *w, const uint64_t *bounds, uint64_t sp, uint64_t pc,
	struct language_stack *stack, uint64_t *ret_semaphore_frame, uint64_t *ret_semaphore_end)
{
	struct adding adding = { w, stack };

	for (size_t i = 0; i < GO_MAX_FRAMES && sp >= bounds[0] && sp < bounds[1]; i++) {
		/* A return address stands behind its call. */
		const struct go_known *k = know(w, pc - 1);
		size_t before = stack->n;

		if (k->size == UINT64_MAX || k->size > bounds[1] - sp)
			return;
		go_places(&w->tables, &k->function, k->pc, add_frame, &adding);
		for (size_t n = before; n < stack->n; n++)
			if (!strcmp(stack->frames[n].function, "runtime.semacquire1")) {
				*ret_semaphore_frame = sp;
				*ret_semaphore_end = sp + k->size;
			}
		sp += k->size;
		if (!peek_u64(&w->tables.m, sp, &pc))
			return;
		sp += sizeof(uint64_t);
	}
}

/* runtime.goexit is below every stack. */
static void drop_goexit(struct language_stack *stack)
{
	struct language_frame *last = stack->n ? &stack->frames[stack->n - 1] : NULL;

	if (!last || strncmp(last->function, "runtime.goexit", strlen("runtime.goexit")))
		return;
	free(last->function);
	free(last->file);
	stack->n--;
}

/* --- what it waits for --- */

static enum language_wait wait_of(const struct go_goroutine *g)
{
	static const struct {
		const char *text;
		enum language_wait wait;
	} reasons[] = {
		{ "chan receive", LANGUAGE_WAIT_CHANNEL_RECEIVE },
		{ "chan send", LANGUAGE_WAIT_CHANNEL_SEND },
		{ "select", LANGUAGE_WAIT_SELECT },
		{ "sync.Cond.Wait", LANGUAGE_WAIT_CONDITION },
		{ "IO wait", LANGUAGE_WAIT_IO },
	}, functions[] = {
		{ "sync.(*RWMutex).", LANGUAGE_WAIT_RWMUTEX },
		{ "sync.(*Mutex).", LANGUAGE_WAIT_MUTEX },
		{ "sync.(*WaitGroup).", LANGUAGE_WAIT_GROUP },
	};

	for (size_t i = 0; g->reason && i < ARRAY_SIZE(reasons); i++)
		if (!strncmp(g->reason, reasons[i].text, strlen(reasons[i].text)))
			return reasons[i].wait;
	for (size_t i = 0; i < g->stack.n && g->stack.frames[i].library; i++)
		for (size_t k = 0; k < ARRAY_SIZE(functions); k++)
			if (strstr(g->stack.frames[i].function, functions[k].text))
				return functions[k].wait;
	return LANGUAGE_WAIT_NONE;
}

/* runtime.semacquire1 has on its frame a sudog of this goroutine, which says where the semaphore
 * is. */
static uint64_t find_semaphore(
	const struct go_world *w, const struct go_goroutine *g, uint64_t from, uint64_t to)
{
	enum { MAX_WORDS = 64 };

	for (size_t i = 0; from && from < to && i < MAX_WORDS; i++, from += sizeof(uint64_t)) {
		uint64_t sudog = peek_pointer(&w->tables.m, from);

		if (sudog && sudog % 8 == 0 && peek_pointer(&w->tables.m, sudog) == g->at)
			return peek_pointer(&w->tables.m, sudog + w->layout.element);
	}
	return 0;
}

static uint64_t find_channel(const struct go_world *w, const struct go_goroutine *g)
{
	uint64_t sudog = peek_pointer(&w->tables.m, g->at + w->layout.waits);

	if (!sudog || peek_pointer(&w->tables.m, sudog) != g->at)
		return 0;
	return peek_pointer(&w->tables.m, sudog + w->layout.channel);
}

static void read_wait(struct go_world *w, struct go_goroutine *g, uint64_t from, uint64_t to)
{
	g->stack.wait = wait_of(g);
	switch (g->stack.wait) {
	case LANGUAGE_WAIT_CHANNEL_RECEIVE:
	case LANGUAGE_WAIT_CHANNEL_SEND:
		g->stack.address = find_channel(w, g);
		break;
	case LANGUAGE_WAIT_MUTEX:
	case LANGUAGE_WAIT_RWMUTEX:
	case LANGUAGE_WAIT_GROUP:
		g->stack.address = find_semaphore(w, g, from, to);
		break;
	default:
		break;
	}
}

/* --- goroutines --- */

static char *read_reason(const struct go_world *w, uint64_t at)
{
	enum { MAX_REASONS = 64, MAX_TEXT = 64 };
	uint64_t string[2];
	uint8_t reason;
	char *text;

	if (!w->reasons || !peek_u8(&w->tables.m, at + w->layout.reason, &reason) || !reason ||
		reason >= MAX_REASONS ||
		!peek_read(&w->tables.m, w->reasons + reason * sizeof(string), string,
			sizeof(string)) ||
		!string[1] || string[1] > MAX_TEXT)
		return NULL;
	text = mem_alloc(string[1] + 1);
	if (peek_read(&w->tables.m, string[0], text, string[1]))
		return text;
	free(text);
	return NULL;
}

static void take_place(void *arg, char *function, char *file, int line)
{
	char **text = arg;
	struct language_frame f = { .function = function, .file = file, .line = line };

	if (!*text)
		*text = language_frame_text(&f);
	free(function);
	free(file);
}

static char *name_creator(struct go_world *w, uint64_t pc)
{
	const struct go_known *k = pc ? know(w, pc - 1) : NULL;
	char *text = NULL;

	if (k && k->function.at)
		go_places(&w->tables, &k->function, k->pc, take_place, &text);
	/* The runtime started main's. */
	if (text && !strncmp(text, "runtime.", strlen("runtime."))) {
		free(text);
		return NULL;
	}
	return text;
}

static bool is_system(struct go_world *w, uint64_t start)
{
	const struct go_known *k = know(w, start);
	char *name = k->function.at ? go_function_name(&w->tables, &k->function) : NULL;
	bool system = name && !strncmp(name, "runtime.", strlen("runtime.")) &&
		      strcmp(name, "runtime.main");

	free(name);
	return system;
}

static pid_t thread_of(const struct go_world *w, uint64_t at)
{
	enum { MAX_TID = 1 << 22 };
	const struct peek *m = &w->tables.m;
	uint64_t machine = peek_pointer(m, at + w->layout.m), tid;

	if (!machine || peek_pointer(m, machine + w->layout.current) != at ||
		!peek_u64(m, machine + w->layout.thread, &tid) || tid > MAX_TID)
		return 0;
	return (pid_t)tid;
}

static bool read_goroutine(struct go_world *w, uint64_t at, struct go_goroutine *ret)
{
	enum { SCAN = 0x1000 };
	const struct peek *m = &w->tables.m;
	const struct go_layout *l = &w->layout;
	uint64_t bounds[2], semaphore = 0, semaphore_end = 0, since;
	struct go_goroutine g = { .at = at };
	uint32_t status;

	if (!peek_u32(m, at + l->status, &status) || !peek_u64(m, at + l->id, &g.id) || !g.id ||
		g.id > UINT64_C(1) << 48 || !peek_read(m, at, bounds, sizeof(bounds)))
		return false;
	g.status = status & ~(unsigned)SCAN;
	if (g.status == GO_LEAKED)
		g.status = GO_WAITING;
	if (g.status == GO_DEAD || g.status > GO_LEAKED || bounds[0] >= bounds[1])
		return false;
	g.tid = thread_of(w, at);
	g.system = is_system(w, peek_pointer(m, at + l->start));
	g.stack.language = "Go";
	if (g.status == GO_WAITING)
		g.reason = read_reason(w, at);
	if (g.status == GO_SYSCALL)
		unwind(w, bounds, peek_pointer(m, at + l->syscall_sp),
			peek_pointer(m, at + l->syscall_pc), &g.stack, &semaphore, &semaphore_end);
	else if (g.status != GO_RUNNING)
		unwind(w, bounds, peek_pointer(m, at + l->sp), peek_pointer(m, at + l->pc),
			&g.stack, &semaphore, &semaphore_end);
	drop_goexit(&g.stack);
	if (g.status == GO_WAITING) {
		read_wait(w, &g, semaphore, semaphore_end);
		if (peek_u64(m, at + l->waiting_since, &since) && since < INT64_MAX)
			g.since = (int64_t)since;
	}
	g.creator = name_creator(w, peek_pointer(m, at + l->created_at));
	*ret = g;
	return true;
}

size_t go_read_goroutines(struct go_world *w, struct go_goroutine **ret, size_t max)
{
	size_t n = 0, cap = 0;

	*ret = NULL;
	for (uint64_t i = 0; i < w->n_all && n < max && i < 16 * GO_MAX_GOROUTINES; i++) {
		uint64_t at = peek_pointer(&w->tables.m, w->all + i * sizeof(uint64_t));
		struct go_goroutine g;

		if (!at || !read_goroutine(w, at, &g))
			continue;
		*ret = mem_grow(*ret, n, &cap, sizeof(**ret));
		(*ret)[n++] = g;
	}
	return n;
}

void go_goroutines_done(struct go_goroutine *g, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		language_stack_done(&g[i].stack);
		free(g[i].reason);
		free(g[i].creator);
	}
	free(g);
}
