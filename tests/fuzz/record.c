/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records what is read of a process's memory to explain one of its threads, as a seed for the fuzz
 * targets and for the unit tests that play it: record LANGUAGE PID TID SP FUTEX >FILE (numbers as
 * /proc/PID/task/TID/syscall has them; LANGUAGE: python, go, perl, php). Run it on a process that
 * is at rest.
 */
#include "runner/explain/golang/golang.h"
#include "runner/explain/golang/language.h"
#include "runner/explain/perl/language.h"
#include "runner/explain/php/language.h"
#include "runner/explain/php/php.h"
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

static int done(struct recorder *r, struct language_stack *stack)
{
	fprintf(stderr, "%zu frames\n", stack->n);
	language_stack_done(stack);
	free(r->seen);
	return 0;
}

static int record_perl(struct symbols *s, struct recording_head *head)
{
	struct recorder r = { .from = symbols_peek(s) };
	struct peek m = { record, &r };
	struct language_stack stack = { 0 };
	struct perl_world w;
	uint64_t key;

	if (!perl_locate(s, &w, &key))
		return 1;
	memcpy(head->facts, &w, sizeof(head->facts));
	fwrite(head, sizeof(*head), 1, stdout);
	perl_read_frames(&m, &w, &stack);
	return done(&r, &stack);
}

static int record_php(struct symbols *s, struct recording_head *head)
{
	struct recorder r = { .from = symbols_peek(s) };
	struct peek m = { record, &r };
	struct language_stack stack = { 0 };

	if (!php_locate(s, &head->facts[0]))
		return 1;
	fwrite(head, sizeof(*head), 1, stdout);
	php_read_frames(&m, head->facts[0], &stack);
	return done(&r, &stack);
}

static int record_by_name(const char *language, struct symbols *s, struct recording_head *head,
	const struct language_thread *t)
{
	if (!strcmp(language, "go"))
		return record_go(s, head);
	if (!strcmp(language, "perl"))
		return record_perl(s, head);
	if (!strcmp(language, "php"))
		return record_php(s, head);
	return record_python(s, head, t);
}

int main(int argc, char **argv)
{
	struct recording_head head = { .magic = RECORDING_MAGIC };
	struct language_thread t;
	struct symbols *s;
	int r;

	if (argc != 6) {
		fprintf(stderr, "usage: record python|go|perl|php PID TID SP FUTEX >FILE\n");
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
	r = record_by_name(argv[1], s, &head, &t);
	symbols_free(s);
	return r;
}
