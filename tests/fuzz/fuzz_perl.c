/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interpreter of Perl's memory, on recordings of a real one (tests/fuzz/record.c) with wrong
 * bytes in them, and on memory that changes while it is read. */
#include "runner/explain/perl/perl.h"
#include "tests/fuzz/recording.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct recording r;
	struct language_stack stack = { 0 };
	struct peek m = { recording_read, &r };
	struct perl_world w = { 0 };

	if (recording_open(&r, data, size) < 0)
		return 0;
	memcpy(&w, r.head.facts, sizeof(r.head.facts));
	perl_read_frames(&m, &w, &stack);
	perl_find_specific(&m, r.head.sp, (pid_t)r.head.tid, (uint32_t)r.head.futex);
	for (size_t i = 0; i < stack.n; i++) {
		if (!stack.frames[i].function || stack.frames[i].line < 0)
			abort();
		free(language_frame_text(&stack.frames[i]));
	}
	language_stack_done(&stack);
	return 0;
}
