/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is dear to find out, for those threads only that could be stuck going by what the tree
 * itself shows. A thread that drops out here anyway needs no search of the machine, and leaving its
 * objects unsearched can't make anyone stuck: whoever it holds up drops out with it.
 */
#include <errno.h>
#include <signal.h>

#include "runner/snapshot_internal.h"

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

/* The greatest set of threads at rest that only each other could wake. */
static bool *candidates(const struct snapshot *s, size_t *ret_n)
{
	bool *in = mem_alloc(s->n_threads * sizeof(*in));
	bool changed = true;
	size_t n = 0;

	for (size_t i = 0; i < s->n_threads; i++)
		in[i] = s->threads[i].rest == REST_YES;
	while (changed) {
		changed = false;
		for (size_t i = 0; i < s->n_threads; i++) {
			const struct thread *t = &s->threads[i];
			bool free_to_go = false;

			for (size_t j = 0; in[i] && !free_to_go && j < t->n_objects; j++) {
				const struct object *o = &s->objects[t->objects[j]];

				free_to_go = o->outside;
				for (size_t k = 0; !free_to_go && k < o->n_wakers; k++)
					free_to_go = !in[o->wakers[k]];
			}
			changed = changed || free_to_go;
			in[i] = in[i] && !free_to_go;
		}
	}
	for (size_t i = 0; i < s->n_threads; i++)
		n += in[i];
	*ret_n = n;
	return in;
}

/*
 * An interval timer is nowhere to be seen, only that its signal is caught. A program that catches
 * nearly everything (Go's runtime does) says nothing by that; one that catches these few does.
 */
static const char *timer_signal(uint64_t caught)
{
	static const struct {
		int signal;
		const char *why;
	} timers[] = {
		{ SIGALRM, "SIGALRM has a handler: a timer may be armed" },
		{ SIGVTALRM, "SIGVTALRM has a handler: a timer may be armed" },
		{ SIGPROF, "SIGPROF has a handler: a timer may be armed" },
		{ SIGIO, "SIGIO has a handler: some file may send it" },
	};

	if (__builtin_popcountll(caught) >= 48)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		if (caught & BIT(timers[i].signal))
			return timers[i].why;
	return NULL;
}

static const char *timer_posix(struct collect *c, size_t process)
{
	ssize_t n = procfs_read(c->aux[process].dir, "timers", c->buffer, sizeof(c->buffer));

	/* Without the file (CONFIG_CHECKPOINT_RESTORE) nobody can say. */
	if (n == 0)
		return NULL;
	return n > 0 || n == -EFBIG ? "has a POSIX timer" : "its timers can't be read";
}

static void disturb_process(struct collect *c, size_t process, enum rest rest, const char *why)
{
	const struct process *p = &c->s->processes[process];

	for (size_t i = p->first_thread; i < p->first_thread + p->n_threads; i++)
		if (c->s->threads[i].rest == REST_YES)
			thread_disturb(&c->s->threads[i], rest, "%s", why);
}

static void judge_process(struct collect *c, size_t process)
{
	const struct process *p = &c->s->processes[process];
	const char *why = timer_signal(p->caught);

	if (!why)
		why = timer_posix(c, process);
	if (why) {
		disturb_process(c, process, REST_TIMER, why);
		return;
	}
	if (process_has_io_uring(c, process))
		why = "its process has an io_uring: the kernel may act for it";
	if (!why && mm_is_outside(c, process))
		why = "its memory is shared with its parent outside the tree";
	if (why)
		disturb_process(c, process, REST_OUTSIDE, why);
}

void settle(struct collect *c)
{
	struct snapshot *s = c->s;
	size_t n, judged = SIZE_MAX;
	cleanup(cleanup_free) bool *in = candidates(s, &n);

	if (n == 0)
		return;
	if (!tree_same(c)) {
		c->churn = true;
		return;
	}
	for (size_t i = 0; i < s->n_threads; i++)
		if (in[i] && s->threads[i].process != judged) {
			judged = s->threads[i].process;
			judge_process(c, judged);
		}
	for (size_t i = 0; i < s->n_objects; i++)
		if (s->objects[i].kind == OBJECT_EVENTFD)
			eventfd_judge(c, i);
	free(in);
	in = candidates(s, &n);
	if (n > 0)
		outside_search(c, in);
}
