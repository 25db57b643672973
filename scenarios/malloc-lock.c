/* SPDX-License-Identifier: MIT */
/* malloc-lock.c: a thread is inside malloc() at the instant a child is made, and the child mallocs.
 */
#include "lib/scenario.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define CHILDREN 12   /* one of them meets the lock in nearly every trial */
#define SIZE_MIN 2000 /* above what glibc serves from a thread's own cache without the lock */

static void allocate(void *arg)
{
	static const size_t sizes[] = { SIZE_MIN, 3 * SIZE_MIN, 2 * SIZE_MIN, 5 * SIZE_MIN };
	char *p[4];

	(void)arg;
	for (int i = 0; i < 4; i++) {
		p[i] = malloc(sizes[i]);
		CHECK(p[i] != NULL);
		memset(p[i], i + 1, SIZE_MIN);
	}
	for (int i = 0; i < 4; i++) {
		CHECK(p[i][0] == i + 1 && p[i][SIZE_MIN - 1] == i + 1);
		free(p[i]);
	}
}

static void allocate_afresh(void)
{
	allocate(NULL);
}

/* With an arena each, a thread's malloc() does not touch what the child's will. */
static void limit_arenas(void)
{
#ifdef M_ARENA_MAX
	if (KNOB("arenas"))
		MUST(mallopt(M_ARENA_MAX, (int)KNOB("arenas")));
#endif
}

static void make_children(enum fork_how how)
{
	pid_t pids[CHILDREN];

	limit_arenas();
	scenario_stress(allocate, NULL, 0);
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = scenario_fork(how, allocate, NULL);
	for (int i = 0; i < CHILDREN; i++)
		scenario_wait(pids[i]);
}

/* The hazard: nobody but fork() takes malloc's lock for the child. */
static void make_raw(void)
{
	make_children(FORK_RAW);
}

static void make__fork(void)
{
	make_children(FORK__FORK);
}

/* Fix: the libc's own fork() holds it. */
static void make_forked(void)
{
	make_children(FORK);
}

/* Fix: the child is a new program with a heap of its own. */
static void make_spawned(void)
{
	make_children(FORK_POSIX_SPAWN);
}

SCENARIO(
	.summary = "child allocates while a thread of the parent was in malloc()",
	.hazard = "a child made behind the libc's back gets malloc's lock as it was",
	.symptom = IN_FUTEX,
	.cause = "orphaned-lock: libc-lock @malloc|calloc|realloc|free|arena",
	.after_fork = true,
	.knobs = {
		{ "arenas", SIZE, "0,1", "glibc: at most so many arenas; 0: as many as it likes" },
	},
	.child = allocate_afresh,
	.variants = {
		{ "raw", "clone(SIGCHLD) by the system call", make_raw,
		  { { "*", DEADLOCKS, "no libc code runs that could take the lock first" } } },
		{ "_Fork", "_Fork(), which runs no handlers", make__fork,
		  { { "*", DEADLOCKS, "_Fork() is async-signal-safe and so takes no lock" } } },
		{ "fork", "fork()", make_forked,
		  { { "musl<1.2.2", MAY, "fork() takes malloc's lock from 1.2.2 on" },
		    { "*", COMPLETES, "fork() takes malloc's lock and hands it to the child" } } },
		{ "posix_spawn", "posix_spawn()", make_spawned,
		  { { "*", COMPLETES, "a new program has its own heap" } } },
	},
	.refs = { "POSIX.1-2024 fork(): after it, in a multi-threaded process, only async-signal-safe functions" },
);
