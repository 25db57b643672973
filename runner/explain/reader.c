/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/reader.h"

#include "runner/base/util.h"

/* A process and its parent, for locks that were held at fork(), and one more of each. */
enum { MAX_OPEN = 4 };

struct reader {
	struct symbols *symbols; /* NULL: the place is free */
	struct unwind *unwind;
	struct language_process *language;
	bool language_tried;
	size_t process;
	uint64_t used; /* the highest was used last */
};

struct readers {
	const struct snapshot *s;
	bool attach;
	struct reader open[MAX_OPEN];
	uint64_t uses;
	size_t n_read, n_failed;
};

struct readers *readers_new(const struct snapshot *s, bool attach)
{
	struct readers *r = mem_alloc(sizeof(*r));

	*r = (struct readers){ .s = s, .attach = attach };
	return r;
}

static void reader_close(struct reader *r)
{
	language_close(r->language);
	unwind_free(r->unwind);
	symbols_free(r->symbols);
	*r = (struct reader){ 0 };
}

void readers_free(struct readers *r)
{
	for (size_t i = 0; r && i < MAX_OPEN; i++)
		reader_close(&r->open[i]);
	free(r);
}

bool readers_any_readable(const struct readers *r)
{
	return r->n_read || !r->n_failed;
}

/* A leader that has ended has no memory; its other threads have. */
static pid_t living_task(const struct snapshot *s, const struct process *p)
{
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (s->threads[i].rest != REST_EXITING)
			return s->threads[i].tid;
	return p->pid;
}

static bool reader_open(struct readers *r, struct reader *reader, size_t process)
{
	const struct process *p = &r->s->processes[process];

	reader_close(reader);
	if (symbols_open(living_task(r->s, p), &reader->symbols) < 0) {
		r->n_failed++;
		return false;
	}
	r->n_read++;
	reader->process = process;
	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		symbols_add_stack(reader->symbols, r->s->threads[i].tid, r->s->threads[i].sp);
	return true;
}

/* NULL: it can't be read. */
static struct reader *find(struct readers *r, size_t process)
{
	struct reader *oldest = &r->open[0];

	for (size_t i = 0; i < MAX_OPEN; i++) {
		struct reader *one = &r->open[i];

		if (one->symbols && one->process == process) {
			one->used = ++r->uses;
			return one;
		}
		if (one->used < oldest->used)
			oldest = one;
	}
	if (!reader_open(r, oldest, process))
		return NULL;
	oldest->used = ++r->uses;
	return oldest;
}

struct symbols *readers_symbols(struct readers *r, size_t process)
{
	struct reader *one = find(r, process);

	return one ? one->symbols : NULL;
}

struct language_process *readers_language(struct readers *r, size_t process)
{
	struct reader *one = find(r, process);

	if (!one)
		return NULL;
	if (!one->language_tried)
		one->language = language_open(one->symbols);
	one->language_tried = true;
	return one->language;
}

struct unwind *readers_unwind(struct readers *r, size_t process)
{
	struct reader *one = find(r, process);

	if (!one)
		return NULL;
	if (!one->unwind)
		one->unwind = unwind_new(one->symbols, r->s->processes[process].pid, r->attach);
	return one->unwind;
}
