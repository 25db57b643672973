/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in the kernel a thread sleeps, going by /proc/PID/wchan.
 *
 * The number of a system call does not say what its thread sleeps for: before the call begins a
 * supervisor may have to answer (seccomp_do_user_notification); in the midst of it a page may have
 * to come from another process (handle_userfault, FUSE's request_wait_answer); the thread may be
 * frozen (do_freezer_trap) or dump core (coredump_task_exit). Each kind of wait therefore lists its
 * places (wait/kinds.def), and a thread that sleeps anywhere else is not blocked for good.
 */
#include "runner/snapshot/place.h"

#include "runner/snapshot/internal.h"
#include "runner/snapshot/wait/wait.h"

static void place_check(struct collect *c, struct thread *t)
{
	char name[48], text[64];
	ssize_t n;

	procfs_name(name, sizeof(name), "task/", t->tid, "/wchan");
	n = procfs_read_record(c->aux[t->process].dir, name, text, sizeof(text));
	if (n > 0 && place_fits(wait_row(t->wait)->places, text, (size_t)n))
		return;
	c->stalled = true;
	thread_mark_runnable(t, REST_UNKNOWN_CALL, "%s sleeps in %.*s", wait_kind_name(t->wait),
		n > 0 ? (int)n : 1, n > 0 ? text : "?");
}

void places_check(struct collect *c)
{
	for (size_t i = 0; i < c->s->n_threads; i++) {
		struct thread *t = &c->s->threads[i];

		if (t->rest == REST_YES)
			place_check(c, t);
		c->stalled |= t->rest == REST_DISK || t->rest == REST_STOPPED;
	}
}
