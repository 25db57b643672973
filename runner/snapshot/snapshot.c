/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collecting a snapshot: see snapshot/internal.h for the order of things.
 *
 * Why two snapshots prove anything: of each thread the system call is read first and the context
 * switches after it. The kernel answers for the call only when it has seen the thread switched out.
 * If it was so in both snapshots, and the switches are the same, it slept from the first reading of
 * the switches to the second reading of the call: being switched out again would have counted. So
 * every thread that both snapshots show at rest slept during the whole time between them.
 *
 * What cannot be seen from outside, and what is assumed instead:
 * - a descriptor's number still means the file that the call was made with (not closed and opened
 *   anew by another thread meanwhile), and a list in memory is still the one that poll was given;
 * - a program that catches nearly every signal (Go) has no interval timer of its own;
 * - no process elsewhere on the machine sends signals or debugs.
 * docs/wakers.md lists what ends each wait, and how it is seen.
 */
#include "runner/snapshot/snapshot.h"

#include <errno.h>
#include <fcntl.h>

#include "runner/proc/open.h"
#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

#define COLLECT_TRIES 4

const char *rest_name(enum rest r)
{
	static const char *const names[REST_COUNT] = {
		[REST_YES] = "at rest",
		[REST_RUNNING] = "runs",
		[REST_TIMED] = "waits with a time limit",
		[REST_DISK] = "sleeps uninterruptibly",
		[REST_STOPPED] = "is stopped",
		[REST_SIGNAL] = "has or waits for a signal",
		[REST_TIMER] = "may be woken by a timer of its process",
		[REST_UNKNOWN_CALL] = "is in a system call that can't be judged",
		[REST_UNREADABLE] = "can't be read",
		[REST_EXTERNAL] = "waits for something outside",
		[REST_EXITING] = "has ended",
	};

	return (unsigned)r < REST_COUNT ? names[r] : "?";
}

static void aux_done(struct process_aux *a)
{
	if (a->live != a->dir)
		cleanup_close(&a->live);
	cleanup_close(&a->dir);
	cleanup_close(&a->pidfd);
	if (a->netlink > 0)
		close(a->netlink);
	fd_table_done(&a->fds);
	free(a->own_tids);
	free(a->maps);
}

void snapshot_done(struct snapshot *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_threads; i++)
		free(s->threads[i].objects);
	for (size_t i = 0; i < s->n_objects; i++)
		free(s->objects[i].wakers);
	free(s->processes);
	free(s->threads);
	free(s->objects);
	*s = (struct snapshot){ 0 };
}

const char *process_unless(const struct process *p)
{
	return p->timer_unless[0] ? p->timer_unless : p->ring_unless;
}

bool snapshot_anyone_runs(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest == REST_RUNNING)
			return true;
	return false;
}

static void collect_reset(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_processes; i++)
		aux_done(&c->aux[i]);
	c->churn = c->incomplete = c->stalled = c->strangers_known = false;
	c->armed_known = c->sigio_known = c->rings_known = false;
	snapshot_done(c->s);
}

static void resolve_timed(struct collect *c, size_t thread, const struct call *call)
{
	if (c->options->timed && call->resolve)
		call->resolve(c, thread, call);
	thread_mark_runnable(&c->s->threads[thread], REST_TIMED, "%s, %s", call->name, call->limit);
}

static void resolve(struct collect *c, size_t thread)
{
	struct thread *t = &c->s->threads[thread];
	struct call call;

	call_decode(t->syscall_nr, t->args, &call);
	if (t->state == 'D' && !call.disk)
		thread_mark_runnable(t, REST_DISK, "uninterruptible in %s", call.name);
	else if (call.kind == CALL_TIMED)
		resolve_timed(c, thread, &call);
	else if (call.kind == CALL_EXTERNAL)
		thread_mark_runnable(t, REST_EXTERNAL, "%s", call.name);
	else if (call.kind == CALL_WAITS)
		call.resolve(c, thread, &call);
	else
		thread_mark_runnable(
			t, REST_UNKNOWN_CALL, "system call %ld (%s)", t->syscall_nr, call.name);
}

/* If processes of the tree may be missing, no thread is at rest. */
static void disturb_all(struct snapshot *s, const char *why)
{
	if (!s->unreadable[0])
		snprintf(s->unreadable, sizeof(s->unreadable), "%s", why);
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest == REST_YES)
			thread_mark_runnable(&s->threads[i], REST_UNREADABLE, "%s", why);
}

/* What takes a lock of the kernel waits for the thread that sleeps with it: for ever, if that is a
 * page which the target itself has to bring. */
static void measure_all(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_objects && !c->stalled; i++) {
		const struct wait_ops *ops = wait_row(c->s->objects[i].wait)->ops;

		if (ops && ops->measure)
			ops->measure(c, i);
	}
}

static int collect_once(struct collect *c, pid_t root)
{
	struct snapshot *s = c->s;
	int r;

	s->root = root;
	s->begun_ns = time_now_ns();
	if (c->options->scheduling)
		scheduling_calibrate(c);
	r = tree_walk(c, root);
	if (r < 0)
		return r;
	mm_assign(c);
	for (size_t i = 0; i < s->n_threads; i++)
		if (s->threads[i].rest == REST_YES)
			resolve(c, i);
	places_check(c);
	measure_all(c);
	if (c->incomplete)
		disturb_all(
			s, "the kernel does not list children (no /proc/PID/task/TID/children)");
	settle_candidates(c);
	if (c->options->details)
		timers_judge_all(c);
	s->ended_ns = time_now_ns();
	return 0;
}

int snapshot_collect(
	pid_t root, const struct snapshot_options *options, struct snapshot *ret_snapshot)
{
	static const struct snapshot_options no_options;
	struct snapshot s = { 0 };
	struct collect *c = mem_alloc(sizeof(*c));
	int r = 0;

	c->s = &s;
	c->options = options ? options : &no_options;
	c->proc = procfs_open(".", O_RDONLY | O_DIRECTORY);
	if (c->proc < 0)
		r = -errno;
	for (int i = 0; r == 0 && i < COLLECT_TRIES; i++) {
		collect_reset(c);
		r = collect_once(c, root);
		if (!c->churn)
			break;
	}
	if (r == 0 && c->churn)
		disturb_all(&s, "the tree changes too fast to be listed");
	for (size_t i = 0; i < s.n_processes; i++)
		aux_done(&c->aux[i]);
	cleanup_close(&c->proc);
	if (c->netlink > 0)
		close(c->netlink);
	free(c->aux);
	free(c);
	if (r < 0)
		snapshot_done(&s);
	else
		*ret_snapshot = s;
	return r;
}
