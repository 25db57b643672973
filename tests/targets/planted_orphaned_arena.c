/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread is inside malloc while main makes a child behind the libc's back; the child allocates.
 * No one can be told to stop inside malloc, so rounds are played until a child does not come back:
 * the program ends only that way.
 *
 * class: orphaned-lock
 * lock: malloc|arena
 * holder: no
 */
#include "tests/targets/target.h"
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>

enum { ALLOCATIONS = 20000, SIZE = 3000 };

static sem_t round_begins, round_runs;

static void *allocate(void *arg)
{
	for (;;) {
		target_sem_wait(&round_begins);
		sem_post(&round_runs);
		for (int i = 0; i < ALLOCATIONS; i++) {
			char *volatile p = malloc(SIZE + i % 64 * 16);

			MUST(p);
			free(p);
		}
	}
	return arg;
}

int main(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
#endif
	sem_init(&round_begins, 0, 0);
	sem_init(&round_runs, 0, 0);
	target_thread(allocate, NULL);
	for (;;) {
		long pid;

		sem_post(&round_begins);
		target_sem_wait(&round_runs);
		pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
		MUST(pid >= 0);
		if (pid == 0) {
			char *volatile p;

			target_say_last();
			p = malloc(SIZE);

			_exit(p == NULL);
		}
		target_reap((pid_t)pid);
	}
}
