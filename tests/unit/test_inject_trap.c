/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Races of one in a thousand, met within a few trials. */
#include "tests/unit/inject_run.h"

#include "runner/base/util.h"
#include "runner/inject/program.h"
#include "runner/inject/sites.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A healthy trial takes 60 ms at most; the deadline is what a loaded machine may need. */
#define DEADLINE_MS 3000
#define TRIALS 12

/* True: it hung, and was killed with its children, whose reaper we are. */
static bool hangs(struct inject *inject, char *const argv[], struct record_counters *ret_counters)
{
	struct inject_run r = { .inject = inject };
	int64_t deadline = time_now_ns() + DEADLINE_MS * NSEC_PER_MSEC;
	bool over = false;
	int pidfd;

	inject_run_spawn(&r, argv);
	pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0);
	while (!over && time_now_ns() < deadline) {
		struct pollfd p[] = { { pidfd, POLLIN, 0 }, { r.fd, POLLIN, 0 } };

		cr_assert(poll(p, 2, 100) >= 0);
		if (p[1].revents)
			cr_assert(eq(int, inject_trial_on_event(r.trial), 0));
		over = p[0].revents;
	}
	close(pidfd);
	kill(-r.pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	inject_trial_finish(r.trial, !over, ret_counters);
	return !over;
}

/* forks: of one trial. */
static void springs(const char *below, uint64_t forks)
{
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *argv[] = { path, NULL }, *late[] = { path, "late", NULL };
	struct record_counters counters = { 0 };
	char dir[SCRATCH_MAX];
	char *remove cleanup(cleanup_free) = NULL;
	struct inject *inject;
	bool hung = false;

	/* Nothing remembered, and nothing of ours to be remembered. */
	scratch_folder(dir);
	setenv("XDG_CACHE_HOME", dir, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	inject = inject_run_prepare("trap", ARM_INJECTED, path);
	/* A trial that is slow on a full machine looks hung, too: only one that was held counts. */
	for (int i = 0; i < TRIALS && !hung; i++)
		hung = hangs(inject, argv, &counters) && counters.fired;
	cr_expect(hung, "%s", below);
	cr_expect(eq(u64, counters.trials, 1));
	cr_expect(eq(u64, counters.armed, 1));
	cr_expect(eq(u64, counters.fired, forks));
	inject_free(inject);
	/* The next campaign begins where this one was. */
	inject = inject_run_prepare("trap", ARM_INJECTED, path);
	hung = false;
	for (int i = 0; i < TRIALS && !hung; i++)
		hung = hangs(inject, argv, &counters) && counters.fired;
	cr_expect(hung, "%s", below);
	/* The fork waits for a thread that has not been there yet. */
	hung = false;
	for (int i = 0; i < TRIALS && !hung; i++)
		hung = hangs(inject, late, &counters) && counters.fired;
	cr_expect(hung, "%s: begun late", below);
	inject_free(inject);
	remove = mem_printf("rm -r '%s'", dir);
	cr_expect(eq(int, system(remove), 0));
}

Test(inject_trap, mutex_held_for_a_microsecond)
{
	springs("glibc/targets/inject_rare_mutex", 1);
}

Test(inject_trap, mutex_held_for_a_microsecond_musl)
{
	springs("musl/targets/inject_rare_mutex", 1);
}

Test(inject_trap, file_lock_of_musl)
{
	springs("musl/targets/inject_file_lock", 1);
}

/* The thread comes before the fork, and never again: it is the one to wait. */
Test(inject_trap, mutex_taken_once)
{
	springs("glibc/targets/inject_once_mutex", 1);
}

Test(inject_trap, mutex_taken_once_musl)
{
	springs("musl/targets/inject_once_mutex", 1);
}

/* What was learned with the preload is of no use to a program that can't load it. */
Test(inject_trap, remembered_locks_need_the_preload)
{
	char *path cleanup(cleanup_free) = inject_run_path("musl/targets/inject_static");
	char *argv[] = { path, NULL };
	struct record_counters counters = { 0 };
	char dir[SCRATCH_MAX];
	struct inject_program program;
	struct sites sites = { 0 };
	char *remove cleanup(cleanup_free) = NULL;
	struct inject *inject;
	size_t chosen;

	scratch_folder(dir);
	setenv("XDG_CACHE_HOME", dir, 1);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cr_assert(eq(int, inject_program_read(path, &program), 0));
	sites_at(&sites, SITE_LOCK, 1, "lock");
	chosen = sites_choose(&sites);
	sites_over(&sites, chosen, true);
	sites_save(&sites, program.build_id);
	inject = inject_run_prepare("trap", ARM_INJECTED, path);
	hangs(inject, argv, &counters);
	cr_expect(eq(u64, counters.armed, 0));
	inject_free(inject);
	inject_program_done(&program);
	sites_done(&sites);
	remove = mem_printf("rm -r '%s'", dir);
	cr_expect(eq(int, system(remove), 0));
}

/* As lib/preload_words.c asks for it; 0 or errno. */
static int watch_a_word(void)
{
	static int word;
	struct perf_event_attr attr = { .type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.bp_type = 2, /* HW_BREAKPOINT_W */
		.bp_addr = (uintptr_t)&word,
		.bp_len = sizeof(word) };
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Held for nanoseconds, and nothing is called meanwhile. */
Test(inject_trap, word_held_for_nanoseconds)
{
	int refused = watch_a_word();

	if (refused)
		cr_skip_test("words can't be watched here: %s", strerror(refused));
	springs("glibc/targets/inject_held_word", 2);
}

Test(inject_trap, word_held_for_nanoseconds_musl)
{
	int refused = watch_a_word();

	if (refused)
		cr_skip_test("words can't be watched here: %s", strerror(refused));
	springs("musl/targets/inject_held_word", 2);
}

Test(inject_trap, a_correct_program_stays_correct)
{
	static const char *const rows[] = { "glibc/targets/inject_forksafe",
		"musl/targets/inject_forksafe", "musl/targets/inject_static" };

	setenv("XDG_CACHE_HOME", "/dev/null/none", 1); /* root could make any other folder */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *path cleanup(cleanup_free) = inject_run_path(rows[i]);
		char *argv[] = { path, NULL };
		struct inject *inject = inject_run_prepare("trap", ARM_INJECTED, path);

		for (int n = 0; n < 10; n++) {
			struct inject_run r = { .inject = inject };

			inject_run_spawn(&r, argv);
			cr_expect(eq(int, inject_run_serve(&r), 0), "%s", rows[i]);
			inject_trial_finish(r.trial, false, NULL);
		}
		inject_free(inject);
	}
}

/* Nobody said where to look. */
Test(inject_trap, auto_finds_out)
{
	char *path cleanup(cleanup_free) = inject_run_path("glibc/targets/inject_rare_mutex");
	char *argv[] = { path, NULL };
	struct record_counters counters = { 0 };
	struct inject *inject;
	bool hung = false;

	setenv("XDG_CACHE_HOME", "/dev/null/none", 1); /* root could make any other folder */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	inject = inject_run_prepare("auto", ARM_INJECTED, path);
	cr_expect(inject_engines(inject) != 0);
	for (int i = 0; i < 60 && !hung; i++)
		hung = hangs(inject, argv, &counters);
	cr_expect(hung);
	cr_assert(inject_note(inject) != NULL);
	cr_expect(strstr(inject_note(inject), "auto: the best of ") != NULL, "%s",
		inject_note(inject));
	inject_free(inject);
}
