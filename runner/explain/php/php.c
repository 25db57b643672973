/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zend/zend_compile.h, zend_globals.h and zend_types.h of PHP. Anchors: phpspy, gdb on the debug
 * packages of Debian.
 */
#include "runner/explain/php/php.h"

#include "runner/base/util.h"

enum {
	MAX_FRAMES = 64,
	MAX_INTERNAL = 8, /* a callback of an internal function lies between user's frames */
	MAX_TEXT = 4096,
	/* zend_execute_data */
	DATA_OPLINE = 0,
	DATA_FUNCTION = 24,
	DATA_PREVIOUS = 48,
	/* zend_function, zend_class_entry */
	FUNCTION_NAME = 8,
	FUNCTION_SCOPE = 16,
	CLASS_NAME = 8,
	TYPE_INTERNAL = 1,
	TYPE_USER = 2,
	/* zend_op */
	OP_SIZE = 32,
	OP_LINE = 24,
	/* zend_string */
	STRING_TYPE = 4,
	STRING_LENGTH = 16,
	STRING_VALUE = 24,
	IS_STRING = 6,
	/* behind the file name */
	LINE_START = 8,
	LINE_END = 12,
};

static const struct layout {
	uint16_t current_execute_data;    /* of zend_executor_globals */
	uint16_t last, opcodes, filename; /* of zend_op_array */
} layouts[] = {
	{ 488, 80, 88, 152 },  /* 8.2, 8.3 */
	{ 488, 96, 104, 168 }, /* 8.4 */
	{ 512, 96, 104, 168 }, /* 8.5 */
	{ 488, 68, 72, 144 },  /* 8.0, 8.1 */
	{ 488, 60, 64, 136 },  /* 7.4 */
};

/* NULL: it is no string. The caller frees. */
static char *read_string(const struct peek *m, uint64_t address)
{
	uint8_t type;
	uint64_t length;
	char *text;

	if (!address || address % 8 || !peek_u8(m, address + STRING_TYPE, &type) ||
		(type & 15) != IS_STRING || !peek_u64(m, address + STRING_LENGTH, &length) ||
		!length || length >= MAX_TEXT)
		return NULL;
	text = peek_text(m, address + STRING_VALUE, length + 1);
	if (text && strlen(text) == length)
		return text;
	free(text);
	return NULL;
}

/* "Class::function"; "<module>" of a file's own code. The caller frees. */
static char *read_name(const struct peek *m, uint64_t function)
{
	cleanup(cleanup_free) char *name =
		read_string(m, peek_pointer(m, function + FUNCTION_NAME));
	uint64_t scope = peek_pointer(m, function + FUNCTION_SCOPE);
	cleanup(cleanup_free) char *class =
		scope ? read_string(m, peek_pointer(m, scope + CLASS_NAME)) : NULL;

	if (!name)
		return mem_strdup("<module>");
	return mem_printf("%s%s%s", class ? class : "", class ? "::" : "", name);
}

/* A function of the program's own. False: the layout is another, or the memory has changed. */
static bool add_user_frame(const struct peek *m, const struct layout *l, uint64_t data,
	uint64_t function, struct language_stack *stack)
{
	uint64_t op = peek_pointer(m, data + DATA_OPLINE);
	uint64_t first = peek_pointer(m, function + l->opcodes);
	uint32_t last, line, start, end;
	char *file;

	if (!first || op < first || (op - first) % OP_SIZE ||
		!peek_u32(m, function + l->last, &last) || (op - first) / OP_SIZE >= last ||
		!peek_u32(m, op + OP_LINE, &line) ||
		!peek_u32(m, function + l->filename + LINE_START, &start) ||
		!peek_u32(m, function + l->filename + LINE_END, &end) || !line || line < start ||
		line > end || end > INT32_MAX)
		return false;
	file = read_string(m, peek_pointer(m, function + l->filename));
	if (!file)
		return false;
	language_add_frame(stack, read_name(m, function), file, (int)line, false);
	return true;
}

/* Returns the frame further out, 0 none. */
static uint64_t read_frame(const struct peek *m, const struct layout *l, uint64_t data,
	struct language_stack *stack, bool *ret_fits)
{
	uint64_t function = peek_pointer(m, data + DATA_FUNCTION);
	uint8_t type = 0;

	*ret_fits = true;
	if (function && !peek_u8(m, function, &type))
		*ret_fits = false;
	else if (type == TYPE_USER)
		*ret_fits = add_user_frame(m, l, data, function, stack);
	else if (type == TYPE_INTERNAL)
		language_add_frame(stack, read_name(m, function), NULL, 0, true);
	else if (function)
		*ret_fits = false;
	return peek_pointer(m, data + DATA_PREVIOUS);
}

/* Some frame is of the program's own, and all before it fit. */
static bool read_by(const struct peek *m, const struct layout *l, uint64_t globals,
	struct language_stack *stack)
{
	uint64_t data = peek_pointer(m, globals + l->current_execute_data);
	bool fits = true, any = false;

	for (size_t i = 0; data && i < MAX_FRAMES && (any || i < MAX_INTERNAL); i++) {
		data = read_frame(m, l, data, stack, &fits);
		if (!fits)
			break;
		any = any || (stack->n && !stack->frames[stack->n - 1].library);
	}
	return any;
}

void php_read_frames(const struct peek *m, uint64_t globals, struct language_stack *stack)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct language_stack tried = { 0 };

		if (read_by(m, &layouts[i], globals, &tried)) {
			*stack = tried;
			return;
		}
		language_stack_done(&tried);
	}
}
