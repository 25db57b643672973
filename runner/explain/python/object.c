/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/python/object.h"

#include "runner/base/util.h"

enum {
	MAX_CHARACTERS = 512,
	MAX_ENTRIES = 4096,
	MAX_VALUES = 256,            /* attributes of an object that has no dict */
	FLAG_INLINE_VALUES = 1 << 2, /* Include/object.h, from 3.13 on */
	FLAG_MANAGED_DICT = 1 << 4,  /* from 3.11 on */
};

/* --- text and numbers --- */

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 63));
		to[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | (c >> 18 & 7));
	to[1] = (char)(0x80 | (c >> 12 & 63));
	to[2] = (char)(0x80 | (c >> 6 & 63));
	to[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* A control character in a name is nonsense, and would reach a terminal. */
static char *encode(const uint8_t *data, size_t length, size_t width)
{
	char *text = mem_alloc(length * 4 + 1), *to = text;

	for (size_t i = 0; i < length; i++) {
		uint32_t c = 0;

		memcpy(&c, data + i * width, width);
		if (c < 0x20 || c == 0x7f || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
			c = '?';
		to += put_utf8(to, c);
	}
	*to = 0;
	return text;
}

/* Bits of state from PEP 393: 2 interned, 3 kind (bytes a character), 1 compact, 1 ASCII. */
char *python_text(const struct python *p, uint64_t object)
{
	uint8_t data[MAX_CHARACTERS * 4];
	uint64_t length;
	uint32_t state;
	size_t width;

	if (!object || !python_is_a(p, object, "str") ||
		!peek_u64(&p->m, object + p->l.unicode_length, &length) ||
		!peek_u32(&p->m, object + p->l.unicode_state, &state))
		return NULL;
	width = state >> 2 & 7;
	if (!(state >> 5 & 1) || (width != 1 && width != 2 && width != 4))
		return NULL;
	if (length > MAX_CHARACTERS)
		length = MAX_CHARACTERS;
	object += state >> 6 & 1 ? p->l.unicode_ascii : p->l.unicode_compact;
	if (length && !peek_read(&p->m, object, data, (size_t)length * width))
		return NULL;
	return encode(data, (size_t)length, width);
}

uint8_t *python_bytes(const struct python *p, uint64_t object, size_t max, size_t *ret_n)
{
	uint64_t n;
	uint8_t *bytes;

	if (!peek_u64(&p->m, object + PYTHON_SIZE, &n) || n > max)
		return NULL;
	bytes = mem_alloc((size_t)n + 1);
	if (n && !peek_read(&p->m, object + p->l.bytes_data, bytes, (size_t)n)) {
		free(bytes);
		return NULL;
	}
	*ret_n = (size_t)n;
	return bytes;
}

/* Until 3.11 the sign is that of the size; from 3.12 on the low bits of lv_tag, 0 for positive. */
uint64_t python_int(const struct python *p, uint64_t object)
{
	enum { MAX_DIGITS = 3 };
	uint32_t digits[MAX_DIGITS] = { 0 };
	uint64_t n, value = 0;

	if (!object || !python_is_a(p, object, "int") || !peek_u64(&p->m, object + PYTHON_SIZE, &n))
		return 0;
	if (p->minor >= 12) {
		if (n & 3)
			return 0;
		n >>= 3;
	}
	if (n > MAX_DIGITS ||
		!peek_read(&p->m, object + PYTHON_INT_DIGITS, digits, (size_t)n * sizeof(*digits)))
		return 0;
	for (size_t i = (size_t)n; i--;)
		value = value << PYTHON_DIGIT_BITS | digits[i];
	return value;
}

/* --- types --- */

static uint64_t type_of(const struct python *p, uint64_t object)
{
	return object % 8 ? 0 : peek_pointer(&p->m, object + PYTHON_TYPE);
}

char *python_type_name(const struct python *p, uint64_t object)
{
	enum { MAX_NAME = 128 };
	uint64_t type = type_of(p, object), name = 0;
	char *text, *dot;

	if (type)
		name = peek_pointer(&p->m, type + p->l.type_name);
	text = name ? peek_text(&p->m, name, MAX_NAME) : NULL;
	dot = text ? strrchr(text, '.') : NULL;
	if (dot)
		memmove(text, dot + 1, strlen(dot));
	for (const char *c = text; c && *c; c++) {
		if ((unsigned char)*c > 0x20 && *c != 0x7f)
			continue;
		free(text);
		return NULL;
	}
	return text;
}

bool python_is_a(const struct python *p, uint64_t object, const char *type_name)
{
	char text[64];
	size_t n = strlen(type_name) + 1;
	uint64_t type = type_of(p, object), name;

	name = type ? peek_pointer(&p->m, type + p->l.type_name) : 0;
	return name && n <= sizeof(text) && peek_read(&p->m, name, text, n) &&
	       !memcmp(text, type_name, n);
}

/* --- dicts --- */

struct keys {
	uint64_t entries;
	size_t n, stride, key; /* key: where in an entry; the value stands behind it */
};

/* Objects/dict-common.h, Include/internal/pycore_dict.h: a table of indices, then the entries. */
static bool read_keys(const struct python *p, uint64_t address, struct keys *ret_keys)
{
	uint64_t n, indices;
	uint8_t log2_bytes, kind = 0;

	if (!address || !peek_u64(&p->m, address + p->l.keys_nentries, &n) || n > MAX_ENTRIES)
		return false;
	if (p->minor < 11) {
		uint64_t size;

		if (!peek_u64(&p->m, address + p->l.keys_size, &size) || size > MAX_ENTRIES * 4)
			return false;
		indices = size <= 0xff ? size : size * 2;
	} else {
		if (!peek_u8(&p->m, address + p->l.keys_log2_index_bytes, &log2_bytes) ||
			!peek_u8(&p->m, address + p->l.keys_kind, &kind) || log2_bytes > 16)
			return false;
		indices = UINT64_C(1) << log2_bytes;
	}
	*ret_keys = (struct keys){ .entries = address + p->l.keys_indices + indices,
		.n = (size_t)n,
		.stride = kind ? 16 : 24,
		.key = kind ? 0 : 8 };
	return true;
}

/* values: 0, the entries hold them. */
static void visit_keys(const struct python *p, const struct keys *k, uint64_t values,
	python_visit visit, void *arg)
{
	for (size_t i = 0; i < k->n; i++) {
		uint64_t entry[2];

		if (!peek_read(&p->m, k->entries + i * k->stride + k->key, entry, sizeof(entry)))
			return;
		if (values && !peek_u64(&p->m, values + i * sizeof(uint64_t), &entry[1]))
			return;
		if (entry[0] && entry[1] && !visit(arg, entry[0], entry[1]))
			return;
	}
}

void python_visit_dict(const struct python *p, uint64_t dict, python_visit visit, void *arg)
{
	uint64_t values;
	struct keys k;

	if (!dict || !peek_u64(&p->m, dict + p->l.dict_values, &values) ||
		!read_keys(p, peek_pointer(&p->m, dict + p->l.dict_keys), &k))
		return;
	visit_keys(p, &k, values ? values + p->l.values_array : 0, visit, arg);
}

/* --- attributes --- */

/* Where an object keeps its attributes: in a dict, or in an array beside the names that its type
 * has for all of its kind. Objects/object.c, Include/internal/pycore_object.h. */
static uint64_t find_managed(const struct python *p, uint64_t object, uint64_t type, uint64_t flags,
	uint64_t *ret_values)
{
	uint64_t dict = peek_pointer(&p->m, object - 24), size;

	*ret_values = 0;
	switch (p->minor) {
	case 11:
		*ret_values = peek_pointer(&p->m, object - 32);
		break;
	case 12:
		if (dict & 1) {
			*ret_values = dict + 1;
			dict = 0;
		}
		break;
	default:
		if (!dict && flags & FLAG_INLINE_VALUES &&
			peek_u64(&p->m, type + p->l.type_basicsize, &size) && size < 4096)
			*ret_values = object + size + p->l.values_array;
		break;
	}
	return dict;
}

void python_visit_attributes(const struct python *p, uint64_t object, python_visit visit, void *arg)
{
	uint64_t type = type_of(p, object), flags, offset, values = 0, dict = 0;
	struct keys k;

	if (!type || !peek_u64(&p->m, type + p->l.type_flags, &flags))
		return;
	if (p->minor >= 11 && flags & FLAG_MANAGED_DICT) {
		dict = find_managed(p, object, type, flags, &values);
	} else {
		if (!peek_u64(&p->m, type + p->l.type_dictoffset, &offset) || !offset ||
			offset > 4096)
			return;
		dict = peek_pointer(&p->m, object + offset);
	}
	if (dict) {
		python_visit_dict(p, dict, visit, arg);
		return;
	}
	if (values && read_keys(p, peek_pointer(&p->m, type + p->l.type_cached_keys), &k)) {
		k.n = k.n > MAX_VALUES ? MAX_VALUES : k.n;
		visit_keys(p, &k, values, visit, arg);
	}
}

struct search {
	const struct python *p;
	const char *name; /* NULL: the value is looked for */
	uint64_t value;
	char *found_name;
};

static bool compare(void *arg, uint64_t key, uint64_t value)
{
	struct search *s = arg;
	char *name;

	if (!s->name && value != s->value)
		return true;
	name = python_text(s->p, key);
	if (!s->name) {
		s->found_name = name;
		return false;
	}
	if (name && !strcmp(name, s->name))
		s->value = value;
	free(name);
	return !s->value;
}

uint64_t python_dict_get(const struct python *p, uint64_t dict, const char *key)
{
	struct search s = { .p = p, .name = key };

	python_visit_dict(p, dict, compare, &s);
	return s.value;
}

uint64_t python_attribute(const struct python *p, uint64_t object, const char *name)
{
	struct search s = { .p = p, .name = name };

	python_visit_attributes(p, object, compare, &s);
	return s.value;
}

char *python_dict_key_of(const struct python *p, uint64_t dict, uint64_t value)
{
	struct search s = { .p = p, .value = value };

	python_visit_dict(p, dict, compare, &s);
	return s.found_name;
}

char *python_attribute_of(const struct python *p, uint64_t object, uint64_t value)
{
	struct search s = { .p = p, .value = value };

	python_visit_attributes(p, object, compare, &s);
	return s.found_name;
}
