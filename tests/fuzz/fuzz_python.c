/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interpreter of CPython's memory, on recordings of real ones (tests/fuzz/record.c) with wrong
 * bytes in them, and on memory that changes while it is read. */
#include "runner/explain/python/python.h"
#include "tests/fuzz/recording.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct recording r;
	struct language_stack stack = { 0 };
	struct peek m = { recording_read, &r };
	struct language_thread t;
	struct python_world *w;

	if (recording_open(&r, data, size) < 0)
		return 0;
	w = python_open(&m, r.head.facts[0], r.head.minor);
	if (!w)
		return 0;
	t = (struct language_thread){
		.tid = (pid_t)r.head.tid, .sp = r.head.sp, .futex = r.head.futex
	};
	python_read_thread(w, &t, &stack);
	for (size_t i = 0; i < stack.n; i++)
		free(language_frame_text(&stack.frames[i]));
	if (stack.wait >= LANGUAGE_WAIT_COUNT)
		abort();
	python_find_holder(w, stack.address);
	language_stack_done(&stack);
	python_close(w);
	return 0;
}
