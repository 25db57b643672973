/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/trial/freeze.h"
#include "runner/base/util.h"

static _Noreturn void run_for_ever(void)
{
	for (;;)
		;
}

static char state_of(pid_t pid)
{
	char *path cleanup(cleanup_free) = mem_printf("/proc/%d/stat", (int)pid);
	FILE *f cleanup(cleanup_fclose) = fopen(path, "re");
	char state = '?';

	if (f)
		cr_assert(eq(int, fscanf(f, "%*d (%*[^)]) %c", &state), 1));
	return state;
}

/* A child and its child, which has a session of its own; both run. */
Test(freeze, all_have_stopped_before_the_list_is_given)
{
	static struct freeze f;
	int ready[2];
	char c;

	cr_assert(eq(int, pipe(ready), 0));
	if (fork() == 0) {
		if (fork() == 0) {
			setsid();
			cr_assert(eq(long, write(ready[1], "", 1), 1));
		}
		run_for_ever();
	}
	cr_assert(eq(long, read(ready[0], &c, 1), 1));
	while (!freeze_pass(&f, getpid()))
		usleep(1000);
	cr_assert(eq(int, f.n, 2));
	for (int i = 0; i < f.n; i++) {
		cr_assert(eq(chr, state_of(f.pids[i]), 'T'));
		kill(f.pids[i], SIGKILL);
	}
	wait(NULL);
}

Test(freeze, nobody_is_no_work)
{
	static struct freeze f;

	cr_assert(freeze_pass(&f, getpid()));
	cr_assert(eq(int, f.n, 0));
}
