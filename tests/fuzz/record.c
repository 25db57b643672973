/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records what is read of a process's memory to explain one of its threads, as a seed for the fuzz
 * targets and for the unit tests that play it: record python|go PID TID SP FUTEX >FILE (numbers as
 * /proc/PID/task/TID/syscall has them). Run it on a process that is at rest.
 */
#include "runner/explain/golang/golang.h"
#include "runner/explain/golang/language.h"
#include "runner/explain/python/python.h"
#include "runner/explain/symbols.h"
#include "tests/fuzz/recording.h"

#include "runner/base/util.h"

struct recorder {
	struct peek from;
	struct recorded {
		uint64_t address;
		uint16_t n;
	} * seen;
	size_t n, cap;
};

static bool is_recorded(const struct recorder *r, uint64_t address, size_t n)
{
	for (size_t i = 0; i < r->n; i++)
		if (address >= r->seen[i].address &&
			address + n <= r->seen[i].address + r->seen[i].n)
			return true;
	return false;
}

static int record(void *arg, uint64_t address, void *ret_bytes, size_t n)
{
	struct recorder *r = arg;
	int error = r->from.read(r->from.arg, address, ret_bytes, n);
	uint16_t length = (uint16_t)n;

	if (error < 0 || n > UINT16_MAX || is_recorded(r, address, n))
		return error;
	fwrite(&address, sizeof(address), 1, stdout);
	fwrite(&length, sizeof(length), 1, stdout);
	fwrite(ret_bytes, 1, n, stdout);
	r->seen = mem_grow(r->seen, r->n, &r->cap, sizeof(*r->seen));
	r->seen[r->n++] = (struct recorded){ address, length };
	return 0;
}

static int record_python(
	struct symbols *s, struct recording_head *head, const struct language_thread *t)
{
	struct language_stack stack = { 0 };
	struct recorder r = { .from = symbols_peek(s) };
	struct peek m = { record, &r };
	struct python_world *w;
	int minor;

	if (!python_locate(s, &head->facts[0], &minor))
		return 1;
	head->minor = (uint8_t)minor;
	fwrite(head, sizeof(*head), 1, stdout);
	w = python_open(&m, head->facts[0], minor);
	if (!w)
		return 1;
	python_read_thread(w, t, &stack);
	fprintf(stderr, "%zu frames, %s %s\n", stack.n, language_wait_name(stack.wait),
		stack.name ? stack.name : "");
	language_stack_done(&stack);
	python_close(w);
	free(r.seen);
	return 0;
}

/* Opened twice: where the variables are is looked for in code, which is too much to record. */
static int record_go(struct symbols *s, struct recording_head *head)
{
	struct recorder r = { .from = symbols_peek(s) };
	struct peek m = { record, &r };
	struct go_goroutine *goroutines;
	struct go_location at;
	struct go_world *w;
	size_t n;

	if (!go_locate(s, &at))
		return 1;
	w = go_open(&r.from, at.moduledata, at.minor, 0, 0);
	if (!w)
		return 1;
	head->minor = (uint8_t)at.minor;
	head->facts[0] = at.moduledata;
	head->facts[1] = w->allgs;
	head->facts[2] = w->reasons;
	go_close(w);
	fwrite(head, sizeof(*head), 1, stdout);
	w = go_open(&m, head->facts[0], head->minor, head->facts[1], head->facts[2]);
	if (!w)
		return 1;
	n = go_read_goroutines(w, &goroutines, GO_MAX_GOROUTINES);
	fprintf(stderr, "%zu goroutines\n", n);
	go_goroutines_done(goroutines, n);
	go_close(w);
	free(r.seen);
	return 0;
}

int main(int argc, char **argv)
{
	struct recording_head head = { .magic = RECORDING_MAGIC };
	struct language_thread t;
	struct symbols *s;
	int r;

	if (argc != 6) {
		fprintf(stderr, "usage: record python|go PID TID SP FUTEX >FILE\n");
		return 2;
	}
	if (symbols_open(atoi(argv[2]), &s) < 0) {
		fprintf(stderr, "record: '%s': cannot be read\n", argv[2]);
		return 1;
	}
	t = (struct language_thread){ .tid = atoi(argv[3]),
		.sp = strtoull(argv[4], NULL, 0),
		.futex = strtoull(argv[5], NULL, 0) };
	head.tid = (uint32_t)t.tid;
	head.sp = t.sp;
	head.futex = t.futex;
	r = strcmp(argv[1], "go") ? record_python(s, &head, &t) : record_go(s, &head);
	symbols_free(s);
	return r;
}
