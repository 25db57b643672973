/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * python/layout.h: where CPython 3.8 to 3.14 keeps what, on 64-bit Linux.
 *
 * Offsets in bytes, printed by a program that was compiled against the headers of 3.8.18, 3.9.18,
 * 3.10.13, 3.11.7, 3.12.1, 3.13.0 and 3.14. From 3.13 on the interpreter publishes some of them
 * itself (struct _Py_DebugOffsets), and those count.
 */
#ifndef RUNNER_EXPLAIN_PYTHON_LAYOUT_H
#define RUNNER_EXPLAIN_PYTHON_LAYOUT_H

#include "runner/explain/peek.h"

/* The same in all versions: an object is its reference count and its type. */
enum {
	PYTHON_TYPE = 8,
	PYTHON_SIZE = 16, /* of an object of variable size: how many items; also of a list */
	PYTHON_LIST_ITEMS = 24,
	PYTHON_CELL_VALUE = 16,
	PYTHON_BUILTIN_DEF = 16,  /* of a builtin function: its PyMethodDef */
	PYTHON_BUILTIN_SELF = 24, /* and the object that it is a method of */
	PYTHON_METHOD_FUNCTION = 16,
	PYTHON_METHOD_SELF = 24,
	PYTHON_FUNCTION_CODE = 48, /* unused before 3.11 */
	PYTHON_INT_DIGITS = 24,
	PYTHON_DIGIT_BITS = 30,
};

struct python_layout {
	uint16_t runtime_interpreters, runtime_gil;
	uint16_t interpreter_next, interpreter_threads, interpreter_gil;
	uint16_t gil_locked, gil_holder, gil_size;
	uint16_t thread_next, thread_id, thread_native_id;
	uint16_t thread_frame, thread_cframe, cframe_frame;
	uint16_t frame_back, frame_code, frame_globals, frame_locals, frame_owner;
	uint16_t frame_instr; /* from 3.11 on, a pointer into the code */
	/* Until 3.10: an index into the code, and the blocks that are open. */
	uint16_t frame_lasti, frame_iblock, frame_blockstack, frame_valuestack;
	uint16_t frame_stacktop, frame_stackdepth, frame_stackpointer; /* one of them */
	uint16_t code_filename, code_name, code_qualname, code_firstlineno, code_stacksize;
	uint16_t code_lines, code_exceptions, code_code, code_names, code_nlocals;
	uint16_t code_cellvars, code_freevars;
	uint16_t type_name, type_basicsize, type_flags, type_dictoffset, type_cached_keys;
	uint16_t dict_keys, dict_values;
	uint16_t keys_kind, keys_log2_index_bytes; /* from 3.11 on */
	uint16_t keys_size;                        /* until 3.10 */
	uint16_t keys_nentries, keys_indices, values_array;
	uint16_t unicode_ascii, unicode_compact, unicode_length, unicode_state;
	uint16_t bytes_data, tuple_items;
	uint16_t generator_frame; /* until 3.10, a pointer */
	uint16_t generator_iframe, generator_state;
};

enum { PYTHON_MINOR_MIN = 8, PYTHON_MINOR_MAX = 14 };

/* minor: of 3.minor. runtime: address of _PyRuntime. False: a version or a build (one without the
 * interpreter lock) that is not known, or memory that contradicts it. */
bool python_find_layout(
	const struct peek *m, uint64_t runtime, int minor, struct python_layout *ret_layout);

#endif
