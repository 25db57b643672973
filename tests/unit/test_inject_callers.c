/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who can hold something open for a fork, and for how long the trap lets it. */
#include "lib/protocol.h"
#include "runner/base/util.h"
#include "runner/inject/callers.h"
#include "tests/unit/inject_run.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static pid_t other;
static sem_t known;

static void *stay(void *arg)
{
	other = (pid_t)syscall(SYS_gettid);
	sem_post(&known);
	pause();
	return arg;
}

Test(inject_callers, a_thread_of_the_process_that_forks_and_nobody_else)
{
	pid_t me = getpid(), child = fork();
	struct callers c = { 0 };
	pthread_t thread;

	if (child == 0) {
		pause();
		_exit(0);
	}
	sem_init(&known, 0, 0);
	cr_assert_eq(pthread_create(&thread, NULL, stay, NULL), 0);
	sem_wait(&known);
	cr_expect(callers_may_hold_for(me, other));
	cr_expect_not(callers_may_hold_for(me, me), "the forker itself");
	cr_expect_not(callers_may_hold_for(me, child), "another process");
	cr_expect_not(callers_may_hold_for(child, other), "of another process");
	callers_add(&c, me);
	callers_add(&c, child);
	cr_expect_not(callers_others(&c, me));
	callers_add(&c, other);
	cr_expect(callers_others(&c, me));
	cr_expect(callers_has_threads(me));
	cr_expect_not(callers_has_threads(child));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* The page that the preload reads its bound from. */
Test(inject_callers, nobody_is_held_for_more_than_50_ms)
{
	char *path cleanup(cleanup_free) = inject_run_path("glibc/targets/inject_rare_mutex");
	struct inject *inject = inject_run_prepare("trap", ARM_INJECTED, path);
	struct inject_trial *trial;
	struct hangrate_trap *page = MAP_FAILED;

	cr_assert_eq(inject_trial_new(inject, 1, &trial), 0);
	for (char *const *e = inject_trial_environ(trial); *e; e++)
		if (!strncmp(*e, HANGRATE_ENV_TRAP "=", sizeof(HANGRATE_ENV_TRAP)))
			page = mmap(NULL, HANGRATE_TRAP_SIZE, PROT_READ, MAP_SHARED,
				atoi(*e + sizeof(HANGRATE_ENV_TRAP)), 0);
	cr_assert_neq(page, MAP_FAILED);
	cr_expect_eq(page->bound_ns, 50 * NSEC_PER_MSEC);
	munmap(page, HANGRATE_TRAP_SIZE);
	inject_trial_finish(trial, false, NULL);
	inject_free(inject);
}
