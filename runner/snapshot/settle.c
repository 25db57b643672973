/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expensive checks, run only on threads that the tree alone shows as candidates. A thread that is
 * runnable anyway needs no search of the machine. Leaving its objects unsearched can't make anyone
 * stuck: the threads that it holds up are runnable with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "runner/base/fixpoint.h"
#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static void add_edges(struct fixpoint *f, void *arg)
{
	const struct snapshot *s = arg;

	for (size_t i = 0; i < s->n_objects; i++)
		for (size_t k = 0; k < s->objects[i].n_wakers; k++)
			fixpoint_add_waker(f, i, s->objects[i].wakers[k]);
	for (size_t i = 0; i < s->n_threads; i++)
		for (size_t k = 0; !f->out[i] && k < s->threads[i].n_objects; k++)
			fixpoint_add_waiter(f, s->threads[i].objects[k], i);
}

/* The greatest set of blocked threads that only each other could wake. */
static bool *candidates(struct snapshot *s, size_t *ret_n)
{
	struct fixpoint f;
	bool *in = mem_alloc(s->n_threads * sizeof(*in));
	size_t n = 0;

	fixpoint_init(&f, s->n_threads, s->n_objects);
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest != REST_YES)
			fixpoint_release_thread(&f, i, FIXPOINT_NOBODY);
	fixpoint_build(&f, add_edges, s);
	for (size_t i = 0; i < s->n_objects; i++)
		if (s->objects[i].external)
			fixpoint_release_node(&f, i, FIXPOINT_NOBODY);
	fixpoint_run(&f);
	for (size_t i = 0; i < s->n_threads; i++) {
		in[i] = !f.out[i];
		n += in[i];
	}
	fixpoint_done(&f);
	*ret_n = n;
	return in;
}

static void disturb_process(struct collect *c, size_t process, enum rest rest, const char *why)
{
	const struct process *p = &c->s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (c->s->threads[i].rest == REST_YES)
			thread_mark_runnable(&c->s->threads[i], rest, "%s", why);
}

/* A file of the tree sends signals (O_ASYNC), or a directory is watched (dnotify). */
static bool sends_sigio(struct collect *c)
{
	struct procfs_fdinfo info;

	for (size_t i = 0; i < c->s->n_processes; i++) {
		const struct fd_table *t = process_fds(c, i);

		for (size_t k = 0; process_alive(c->s, i) && k < t->n; k++)
			if (t->entries[k].tid || S_ISDIR(t->entries[k].type) ||
				fdinfo_read(c->aux[i].live, t->entries[k].fd, &info) < 0 ||
				(info.flags & O_ASYNC))
				return true;
	}
	return false;
}

static void judge_process(struct collect *c, size_t process)
{
	const char *why = NULL;

	if ((c->s->processes[process].caught & (UINT64_C(1) << (SIGIO - 1))) &&
		(sends_sigio(c) || sigio_from_outside(c))) {
		disturb_process(
			c, process, REST_TIMER, "SIGIO has a handler, and some file may send it");
		return;
	}
	timers_judge(c, process);
	rings_judge(c, process);
	if (process_has_io_uring(c, process) || maps_have_aio(c, process))
		why = "its process has an io_uring or AIO: the kernel may act for it";
	if (!why && mm_is_external(c, process))
		why = "its memory is shared with its parent outside the tree";
	if (why)
		disturb_process(c, process, REST_EXTERNAL, why);
}

/* Who beyond the tree could end the wait of these, and where it is asked for of those that have a
 * time limit. */
static void search_beyond(struct collect *c, bool *in)
{
	bool any = false;

	for (size_t i = 0; i < c->s->n_threads; i++) {
		const struct thread *t = &c->s->threads[i];

		in[i] = in[i] || (c->options->timed && t->rest == REST_TIMED && t->n_objects);
		any = any || in[i];
	}
	if (any)
		external_search(c, in);
}

static void settle_objects(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_objects; i++) {
		const struct wait_ops *ops = wait_row(c->s->objects[i].wait)->ops;

		if (ops && ops->settle)
			ops->settle(c, i);
	}
}

void settle_candidates(struct collect *c)
{
	struct snapshot *s = c->s;
	size_t n, judged = SIZE_MAX;
	cleanup(cleanup_free) bool *in = candidates(s, &n);

	if (n == 0) {
		search_beyond(c, in);
		return;
	}
	if (!tree_same(c)) {
		c->churn = true;
		return;
	}
	senders_judge(c);
	for (size_t i = 0; i < s->n_threads; i++)
		if (in[i] && s->threads[i].process != judged) {
			judged = s->threads[i].process;
			judge_process(c, judged);
		}
	settle_objects(c);
	free(in);
	in = candidates(s, &n);
	search_beyond(c, in);
}
