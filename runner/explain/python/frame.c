/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/python/frame.h"

#include "runner/explain/lock.h"
#include "runner/explain/python/line.h"
#include "runner/arch/arch.h"
#include "runner/base/util.h"

enum {
	MAX_LOCALS = 256,
	MAX_STACK = 64,
	MAX_TABLE = 1 << 18, /* bytes of a table of lines */
	MAX_CODE = 1 << 22,  /* bytes of a function's code */
	MAX_INTERPRETERS = 16,
	TAG_BITS = 3,             /* of a reference on a frame, from 3.14 on */
	OWNED_BY_INTERPRETER = 3, /* a frame without a function of its own, from 3.12 on */
};

/* --- threads --- */

/* struct pthread of glibc (nptl/descr.h) and of musl (src/internal/pthread_impl.h) points to itself
 * and holds the thread id. In musl that list of threads may be a ring of one. */
pid_t python_tid(const struct python *p, uint64_t ident, uint64_t native_id)
{
	enum { GLIBC_SELF = 16, MUSL_NEXT = 24, MUSL_TID = 48, MAX_TID = 1 << 22 };
	uint64_t self, next, musl_self;
	uint32_t tid = 0;

	if (ident % 8 == 0 && peek_u64(&p->m, ident + GLIBC_SELF, &self) &&
		peek_u64(&p->m, ident + MUSL_NEXT, &next) && peek_u64(&p->m, ident, &musl_self)) {
		if (self == ident && next != ident)
			peek_u32(&p->m, ident + ARCH_GLIBC_TID, &tid);
		else if (musl_self == ident)
			peek_u32(&p->m, ident + MUSL_TID, &tid);
	}
	if (!tid && native_id <= MAX_TID)
		tid = (uint32_t)native_id;
	return tid <= MAX_TID ? (pid_t)tid : 0;
}

static struct python_thread read_thread(const struct python *p, uint64_t state)
{
	struct python_thread t = { .state = state };
	uint64_t native = 0;

	if (p->l.thread_native_id)
		native = peek_pointer(&p->m, state + p->l.thread_native_id);
	t.ident = peek_pointer(&p->m, state + p->l.thread_id);
	t.tid = python_tid(p, t.ident, native);
	return t;
}

size_t python_read_threads(const struct python *p, struct python_thread *ret_threads, size_t max)
{
	uint64_t interpreter = peek_pointer(&p->m, p->runtime + p->l.runtime_interpreters);
	size_t n = 0;

	for (int i = 0; interpreter && i < MAX_INTERPRETERS; i++) {
		uint64_t state = peek_pointer(&p->m, interpreter + p->l.interpreter_threads);

		for (; state && n < max; n++) {
			ret_threads[n] = read_thread(p, state);
			state = peek_pointer(&p->m, state + p->l.thread_next);
		}
		interpreter = peek_pointer(&p->m, interpreter + p->l.interpreter_next);
	}
	return n;
}

/* --- frames --- */

static uint64_t tuple_size(const struct python *p, uint64_t tuple)
{
	uint64_t n;

	return tuple && peek_u64(&p->m, tuple + PYTHON_SIZE, &n) && n <= MAX_LOCALS ? n : 0;
}

/* Until 3.10: what stands in a frame's array, and the blocks that are open. */
static bool finish_old_frame(const struct python *p, uint64_t address, struct python_frame *f)
{
	enum { BLOCK_BYTES = 12, BLOCK_LEVEL = 8, MAX_BLOCKS = 20 };
	uint32_t n, last, blocks, level = 0;

	if (!peek_u32(&p->m, f->code + p->l.code_nlocals, &n) || n > MAX_LOCALS ||
		!peek_u32(&p->m, address + p->l.frame_lasti, &last) ||
		!peek_u32(&p->m, address + p->l.frame_iblock, &blocks))
		return false;
	f->n_locals = n + tuple_size(p, peek_pointer(&p->m, f->code + p->l.code_cellvars)) +
		      tuple_size(p, peek_pointer(&p->m, f->code + p->l.code_freevars));
	f->stack = peek_pointer(&p->m, address + p->l.frame_valuestack);
	f->offset = last > MAX_CODE ? 0 : p->minor == 10 ? last * 2 : last;
	if (blocks && blocks <= MAX_BLOCKS)
		peek_u32(&p->m,
			address + p->l.frame_blockstack + (blocks - 1) * BLOCK_BYTES + BLOCK_LEVEL,
			&level);
	f->depth = level;
	return true;
}

static bool finish_new_frame(const struct python *p, uint64_t address, struct python_frame *f)
{
	uint64_t instruction, first = f->code + p->l.code_code;
	uint32_t n;
	uint8_t *table;
	size_t n_table;

	if (!peek_u32(&p->m, f->code + p->l.code_nlocals, &n) || n > MAX_LOCALS ||
		!peek_u64(&p->m, address + p->l.frame_instr, &instruction))
		return false;
	f->n_locals = n;
	f->stack = f->locals + n * sizeof(uint64_t);
	/* One before the first means that nothing has run yet. */
	f->offset = instruction < first || instruction - first > MAX_CODE ? 0 : instruction - first;
	table = python_bytes(
		p, peek_pointer(&p->m, f->code + p->l.code_exceptions), MAX_TABLE, &n_table);
	if (table)
		f->depth = python_handler_depth(table, n_table, f->offset);
	free(table);
	return true;
}

static uint64_t untag(const struct python *p, uint64_t reference)
{
	return p->minor >= 14 ? reference & ~(uint64_t)TAG_BITS : reference;
}

/* False: no frame of a Python function. *ret_back is set all the same where there is one. */
static bool read_frame(const struct python *p, uint64_t address, struct python_frame *ret_frame,
	uint64_t *ret_back)
{
	struct python_frame f = { 0 };
	uint32_t stack_size;
	uint8_t owner = 0;

	*ret_back = peek_pointer(&p->m, address + p->l.frame_back);
	f.back = *ret_back;
	f.code = untag(p, peek_pointer(&p->m, address + p->l.frame_code));
	f.globals = peek_pointer(&p->m, address + p->l.frame_globals);
	f.locals = address + p->l.frame_locals;
	if (p->l.frame_owner)
		peek_u8(&p->m, address + p->l.frame_owner, &owner);
	if (owner >= OWNED_BY_INTERPRETER || !f.code || !python_is_a(p, f.code, "code"))
		return false;
	if (!(p->minor <= 10 ? finish_old_frame(p, address, &f) : finish_new_frame(p, address, &f)))
		return false;
	if (!peek_u32(&p->m, f.code + p->l.code_stacksize, &stack_size) || f.depth > stack_size ||
		f.depth > MAX_STACK)
		f.depth = 0;
	*ret_frame = f;
	return true;
}

static uint64_t first_frame(const struct python *p, uint64_t state)
{
	uint64_t cframe;

	if (!p->l.thread_cframe)
		return peek_pointer(&p->m, state + p->l.thread_frame);
	cframe = peek_pointer(&p->m, state + p->l.thread_cframe);
	return cframe ? peek_pointer(&p->m, cframe + p->l.cframe_frame) : 0;
}

size_t python_read_frames(
	const struct python *p, uint64_t state, struct python_frame *ret_frames, size_t max)
{
	uint64_t at = first_frame(p, state), back;
	size_t n = 0;

	for (int i = 0; at && n < max && i < 2 * PYTHON_MAX_FRAMES; i++, at = back)
		n += read_frame(p, at, &ret_frames[n], &back);
	return n;
}

bool python_read_generator(
	const struct python *p, uint64_t generator, struct python_frame *ret_frame)
{
	uint64_t at = p->l.generator_iframe ? generator + p->l.generator_iframe
					    : peek_pointer(&p->m, generator + p->l.generator_frame);
	uint64_t back;

	return at && read_frame(p, at, ret_frame, &back);
}

/* --- what a frame tells --- */

char *python_frame_function(const struct python *p, const struct python_frame *f)
{
	uint16_t name = p->l.code_qualname ? p->l.code_qualname : p->l.code_name;

	return python_text(p, peek_pointer(&p->m, f->code + name));
}

char *python_frame_file(const struct python *p, const struct python_frame *f)
{
	return python_text(p, peek_pointer(&p->m, f->code + p->l.code_filename));
}

int python_frame_line(const struct python *p, const struct python_frame *f)
{
	uint32_t first;
	uint8_t *table;
	size_t n;
	int line;

	if (!peek_u32(&p->m, f->code + p->l.code_firstlineno, &first) || first > INT32_MAX)
		return 0;
	table = python_bytes(p, peek_pointer(&p->m, f->code + p->l.code_lines), MAX_TABLE, &n);
	line = table ? python_line(p->minor, table, n, (int)first, f->offset) : 0;
	free(table);
	return line;
}

/* "/usr/lib/python3.11/threading.py", but not what is installed beside it. */
bool python_is_library(const char *file)
{
	const char *at = strstr(file, "/lib/python3.");

	if (!strncmp(file, "<frozen ", strlen("<frozen ")))
		return true;
	return at && !strstr(at, "/site-packages/") && !strstr(at, "/dist-packages/");
}

bool python_is_module(const char *file, const char *module)
{
	size_t n = file ? strlen(file) : 0, m = strlen(module);

	return n >= m && !strcmp(file + n - m, module) && (n == m || file[n - m - 1] == '/');
}

const char *python_bare_name(const char *qualified)
{
	const char *dot = strrchr(qualified, '.');

	return dot ? dot + 1 : qualified;
}

uint64_t python_stack_value(const struct python *p, const struct python_frame *f, size_t i)
{
	return untag(p, peek_pointer(&p->m, f->stack + i * sizeof(uint64_t)));
}

uint64_t python_local(const struct python *p, const struct python_frame *f, size_t i)
{
	uint64_t value = untag(p, peek_pointer(&p->m, f->locals + i * sizeof(uint64_t)));

	if (value && python_is_a(p, value, "cell"))
		value = peek_pointer(&p->m, value + PYTHON_CELL_VALUE);
	return value;
}

static char *tuple_text(const struct python *p, uint64_t tuple, size_t i)
{
	return i < tuple_size(p, tuple)
		       ? python_text(p, peek_pointer(&p->m,
						tuple + p->l.tuple_items + i * sizeof(uint64_t)))
		       : NULL;
}

char *python_local_name(const struct python *p, const struct python_frame *f, size_t i)
{
	const uint16_t tuples[] = { p->l.code_names, p->l.code_cellvars, p->l.code_freevars };

	for (size_t k = 0; k < ARRAY_SIZE(tuples) && tuples[k]; k++) {
		uint64_t tuple = peek_pointer(&p->m, f->code + tuples[k]);
		uint64_t n = tuple_size(p, tuple);

		if (i < n)
			return tuple_text(p, tuple, i);
		i -= (size_t)n;
	}
	return NULL;
}

uint64_t python_local_named(const struct python *p, const struct python_frame *f, const char *name)
{
	for (size_t i = 0; i < f->n_locals; i++) {
		char *text = python_local_name(p, f, i);
		bool found = text && !strcmp(text, name);

		free(text);
		if (found)
			return python_local(p, f, i);
	}
	return 0;
}
