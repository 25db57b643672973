/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interpreter of the memory of Go's runtime, on recordings of real ones (tests/fuzz/record.c)
 * with wrong bytes in them, and on memory that changes while it is read. */
#include "runner/explain/golang/golang.h"
#include "tests/fuzz/recording.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct recording r;
	struct peek m = { recording_read, &r };
	struct go_goroutine *goroutines;
	struct go_function f;
	struct go_world *w;
	size_t n;

	if (recording_open(&r, data, size) < 0)
		return 0;
	w = go_open(&m, r.head.facts[0], r.head.minor, r.head.facts[1], r.head.facts[2]);
	if (!w)
		return 0;
	n = go_read_goroutines(w, &goroutines, 64);
	for (size_t i = 0; i < n; i++)
		if (goroutines[i].stack.wait >= LANGUAGE_WAIT_COUNT)
			abort();
	go_goroutines_done(goroutines, n);
	go_find_named(&w->tables, "runtime.allgadd", &f);
	go_close(w);
	return 0;
}
