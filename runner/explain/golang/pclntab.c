/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/golang/pclntab.h"

#include "runner/base/util.h"

enum {
	MAX_NAME = 512,
	MAX_TABLE = 1 << 16, /* bytes of one function's table */
	MAX_INLINED = 32,
	/* struct moduledata: a pointer, then slices of three words */
	NAMES = 1,
	UNITS = 4,
	FILES = 7,
	PCS = 10,
	FUNCTIONS = 13,
	INDEX = 16,
	TEXT = 176,
	GOFUNC = 320,
	GOFUNC_1_19 = 304,
	/* struct _func */
	FUNC_NAME = 4,
	FUNC_PCSP = 16,
	FUNC_PCFILE = 20,
	FUNC_PCLN = 24,
	FUNC_N_PCDATA = 28,
	FUNC_UNIT = 32,
	/* indices */
	PCDATA_INLINED = 2,
	FUNCDATA_INLINED = 3,
};

/* --- opening --- */

static bool is_slice(const uint64_t *w)
{
	return w[0] && w[1] && w[1] == w[2] && w[1] < UINT64_C(1) << 34;
}

bool go_may_be_module(const uint64_t *w)
{
	return w[0] && w[0] % 8 == 0 && is_slice(w + NAMES) && is_slice(w + UNITS) &&
	       is_slice(w + FILES) && is_slice(w + PCS) && is_slice(w + FUNCTIONS);
}

/* "go12": pcHeader begins with a magic number, two zeros, the step of instructions and the size of
 * a pointer. */
static bool is_header(const struct peek *m, uint64_t header)
{
	uint8_t b[8];

	return peek_read(m, header, b, sizeof(b)) && (b[0] == 0xf0 || b[0] == 0xf1) &&
	       b[1] == 0xff && b[2] == 0xff && b[3] == 0xff && !b[4] && !b[5] && b[7] == 8;
}

bool go_open_tables(const struct peek *m, uint64_t moduledata, int minor, struct go_tables *ret)
{
	uint64_t w[GO_MODULE_WORDS + 1];
	struct go_tables t = { .m = *m, .has_start_line = minor >= 20 };

	if (!peek_read(m, moduledata, w, sizeof(w)) || !go_may_be_module(w) ||
		!is_header(m, w[0]) || w[INDEX + 1] < 2 || w[INDEX + 1] > 1 << 26)
		return false;
	t.names = w[NAMES];
	t.n_names = w[NAMES + 1];
	t.units = w[UNITS];
	t.n_units = w[UNITS + 1];
	t.files = w[FILES];
	t.n_files = w[FILES + 1];
	t.pcs = w[PCS];
	t.n_pcs = w[PCS + 1];
	t.functions = w[FUNCTIONS];
	t.n_functions = w[FUNCTIONS + 1];
	t.index = w[INDEX];
	t.n_index = w[INDEX + 1];
	t.text = peek_pointer(m, moduledata + TEXT);
	t.gofunc = peek_pointer(m, moduledata + (minor < 20 ? GOFUNC_1_19 : GOFUNC));
	if (!t.text)
		return false;
	*ret = t;
	return true;
}

/* --- functions --- */

struct entry {
	uint32_t offset, function;
};

static bool read_entry(const struct go_tables *t, uint64_t i, struct entry *ret_entry)
{
	return peek_read(&t->m, t->index + i * sizeof(*ret_entry), ret_entry, sizeof(*ret_entry));
}

static bool function_of(
	const struct go_tables *t, uint64_t i, const struct entry *e, struct go_function *ret)
{
	struct entry next;

	if (!read_entry(t, i + 1, &next) || next.offset <= e->offset ||
		e->function >= t->n_functions)
		return false;
	*ret = (struct go_function){ .entry = t->text + e->offset,
		.end = t->text + next.offset,
		.at = t->functions + e->function };
	return true;
}

/* The last entry of the index stands for the end of the text. */
bool go_find_function(const struct go_tables *t, uint64_t pc, struct go_function *ret_function)
{
	uint64_t low = 0, high = t->n_index - 1;
	struct entry e = { 0 };

	if (pc < t->text || pc - t->text > UINT32_MAX)
		return false;
	while (low + 1 < high) {
		uint64_t mid = low + (high - low) / 2;

		if (!read_entry(t, mid, &e))
			return false;
		if (t->text + e.offset <= pc)
			low = mid;
		else
			high = mid;
	}
	return read_entry(t, low, &e) && function_of(t, low, &e, ret_function) &&
	       pc >= ret_function->entry && pc < ret_function->end;
}

static char *read_name(const struct go_tables *t, uint32_t offset)
{
	return offset < t->n_names ? peek_text(&t->m, t->names + offset, MAX_NAME) : NULL;
}

char *go_function_name(const struct go_tables *t, const struct go_function *f)
{
	uint32_t name;

	return peek_u32(&t->m, f->at + FUNC_NAME, &name) ? read_name(t, name) : NULL;
}

/* Where the name stands in the table of names, first; then who has it. */
static uint32_t find_name(const struct go_tables *t, const char *name)
{
	enum { CHUNK = 1 << 16 };
	size_t n = strlen(name) + 2; /* with the NULs on both sides */
	char *chunk = mem_alloc(CHUNK), *want = mem_alloc(n + 1);
	uint32_t found = 0;

	memcpy(want + 1, name, n - 2);
	for (uint64_t at = 0; at < t->n_names && !found; at += CHUNK - n) {
		size_t left = t->n_names - at < CHUNK ? (size_t)(t->n_names - at) : CHUNK;
		char *hit;

		if (!peek_read(&t->m, t->names + at, chunk, left))
			break;
		hit = memmem(chunk, left, want, n);
		if (hit)
			found = (uint32_t)(at + (uint64_t)(hit - chunk) + 1);
		if (left < CHUNK)
			break;
	}
	free(chunk);
	free(want);
	return found;
}

bool go_find_named(const struct go_tables *t, const char *name, struct go_function *ret_function)
{
	enum { CHUNK = 512 };
	uint32_t wanted = find_name(t, name), offset;
	struct entry entries[CHUNK];

	for (uint64_t i = 0; wanted && i + 1 < t->n_index; i += CHUNK) {
		uint64_t n = t->n_index - i < CHUNK ? t->n_index - i : CHUNK;

		if (!peek_read(&t->m, t->index + i * sizeof(*entries), entries,
			    (size_t)n * sizeof(*entries)))
			return false;
		for (uint64_t k = 0; k < n; k++)
			if (entries[k].function < t->n_functions &&
				peek_u32(&t->m, t->functions + entries[k].function + FUNC_NAME,
					&offset) &&
				offset == wanted)
				return function_of(t, i + k, &entries[k], ret_function);
	}
	return false;
}

/* --- tables of values by pc --- */

struct stream {
	const struct go_tables *t;
	uint64_t at, end;
	uint8_t buffer[64];
	size_t n, i;
	bool broken;
};

static unsigned next_byte(struct stream *s)
{
	if (s->i == s->n) {
		s->n = s->end - s->at < sizeof(s->buffer) ? (size_t)(s->end - s->at)
							  : sizeof(s->buffer);
		s->i = 0;
		if (!s->n || !peek_read(&s->t->m, s->at, s->buffer, s->n)) {
			s->broken = true;
			s->n = 0;
			return 0;
		}
		s->at += s->n;
	}
	return s->buffer[s->i++];
}

static uint32_t next_varint(struct stream *s)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		unsigned byte = next_byte(s);

		value |= (uint32_t)(byte & 127) << (shift < 32 ? shift : 31);
		if (!(byte & 128))
			break;
	}
	return value;
}

/* Steps of (value, pc), the value in zigzag; a step of 0 ends the table. False: no value there. */
static bool value_at(const struct go_tables *t, uint32_t table, uint64_t distance, int32_t *ret)
{
	struct stream s = { .t = t };
	uint32_t value = UINT32_MAX, step;
	uint64_t pc = 0;

	if (!table || table >= t->n_pcs)
		return false;
	s.at = t->pcs + table;
	s.end = t->n_pcs - table < MAX_TABLE ? t->pcs + t->n_pcs : s.at + MAX_TABLE;
	for (size_t i = 0; i < MAX_TABLE && !s.broken; i++) {
		step = next_varint(&s);
		if (!step && i)
			break;
		value += step & 1 ? ~(step >> 1) : step >> 1;
		pc += next_varint(&s);
		if (distance < pc && !s.broken) {
			*ret = (int32_t)value;
			return true;
		}
	}
	return false;
}

static bool table_value(const struct go_tables *t, const struct go_function *f, unsigned table,
	uint64_t pc, int32_t *ret_value)
{
	uint32_t offset;

	return peek_u32(&t->m, f->at + table, &offset) &&
	       value_at(t, offset, pc - f->entry, ret_value);
}

bool go_frame_size(
	const struct go_tables *t, const struct go_function *f, uint64_t pc, uint64_t *ret_size)
{
	int32_t size;

	if (!table_value(t, f, FUNC_PCSP, pc, &size) || size < 0 || size % 8)
		return false;
	*ret_size = (uint64_t)size;
	return true;
}

/* --- places --- */

static uint64_t pcdata_start(const struct go_tables *t)
{
	return t->has_start_line ? 44 : 40;
}

static char *read_file(const struct go_tables *t, const struct go_function *f, uint64_t pc)
{
	uint32_t unit, offset;
	int32_t number;

	if (!table_value(t, f, FUNC_PCFILE, pc, &number) || number < 0 ||
		!peek_u32(&t->m, f->at + FUNC_UNIT, &unit) ||
		(uint64_t)unit + (uint32_t)number >= t->n_units ||
		!peek_u32(&t->m, t->units + ((uint64_t)unit + (uint32_t)number) * sizeof(uint32_t),
			&offset) ||
		offset >= t->n_files)
		return NULL;
	return peek_text(&t->m, t->files + offset, MAX_NAME);
}

/* The call that is inlined at pc: where its struct inlinedCall stands, 0 none. */
static uint64_t inlined_call(const struct go_tables *t, const struct go_function *f, uint64_t pc)
{
	uint64_t size = t->has_start_line ? 16 : 20;
	uint32_t n_pcdata, offset, tree;
	uint8_t n_funcdata;
	int32_t i;

	if (!t->gofunc || !peek_u32(&t->m, f->at + FUNC_N_PCDATA, &n_pcdata) ||
		n_pcdata <= PCDATA_INLINED || n_pcdata > 64 ||
		!peek_u8(&t->m, f->at + pcdata_start(t) - 1, &n_funcdata) ||
		n_funcdata <= FUNCDATA_INLINED ||
		!peek_u32(&t->m, f->at + pcdata_start(t) + PCDATA_INLINED * 4, &offset) ||
		!peek_u32(&t->m, f->at + pcdata_start(t) + (n_pcdata + FUNCDATA_INLINED) * 4,
			&tree) ||
		tree == UINT32_MAX || !value_at(t, offset, pc - f->entry, &i) || i < 0)
		return 0;
	return t->gofunc + tree + (uint64_t)(uint32_t)i * size;
}

/* From 1.20 on { funcID u8, name i32, parent pc i32, line i32 }, before { parent i16, funcID u8,
 * file i32, line i32, name i32, parent pc i32 }. */
void go_places(
	const struct go_tables *t, const struct go_function *f, uint64_t pc, go_add add, void *arg)
{
	for (int i = 0; i < MAX_INLINED; i++) {
		uint64_t call = inlined_call(t, f, pc);
		uint32_t name, parent;
		int32_t line = 0;
		char *text;

		if (!table_value(t, f, FUNC_PCLN, pc, &line) || line < 0)
			line = 0;
		if (call && (!peek_u32(&t->m, call + (t->has_start_line ? 4 : 12), &name) ||
				    !peek_u32(&t->m, call + (t->has_start_line ? 8 : 16), &parent)))
			call = 0;
		text = call ? read_name(t, name) : go_function_name(t, f);
		if (text)
			add(arg, text, read_file(t, f, pc), line);
		if (!call || parent >= f->end - f->entry)
			return;
		pc = f->entry + parent;
	}
}
