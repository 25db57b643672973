/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real children under real filters; the loop of each test stands for the runner's. */
#include "tests/unit/inject_run.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

static struct record_counters run(const char *rules, enum arm arm, const char *script)
{
	char *argv[] = { "/bin/sh", "-c", (char *)script, NULL };

	return inject_run_argv(rules, arm, argv);
}

static size_t open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

Test(inject_syscalls, delays_and_says_so)
{
	struct record_counters r = run("syscall:getppid,syscall:chdir:delay_enter=2ms",
		ARM_INJECTED, "cd /; cd /tmp; cd /");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(eq(u64, r.armed, 2));
	cr_expect(r.passed >= 3);
	cr_expect(eq(u64, r.fired, r.passed));
	cr_expect(r.delay_ns >= 6000000);
	cr_expect(r.note == NULL, "%s", r.note);
}

Test(inject_syscalls, null_arm_passes_and_holds_nothing)
{
	struct record_counters r = run("%file:delay_enter=1h", ARM_NULL, "cd /; (cd /tmp)");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(r.passed > 3);
	cr_expect(eq(u64, r.fired, 0));
	cr_expect(eq(u64, r.delay_ns, 0));
}

Test(inject_syscalls, bare_arm_has_no_engine)
{
	struct record_counters r = run("%file:delay_enter=1h", ARM_BARE, "cd /");

	cr_expect(eq(u64, r.trials, 0));
	cr_expect(eq(u64, r.armed, 0));
	cr_expect(eq(u64, r.passed, 0));
}

/* The child is held in its own execve, and sends the listener through a held sendmsg. */
Test(inject_syscalls, holds_execve_and_network)
{
	struct record_counters r = run(
		"%process,%network:delay_enter=1ms", ARM_INJECTED, "/bin/true & wait; /bin/true");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(r.fired >= 5, "%lu", r.fired);
}

Test(inject_syscalls, when_counts_passages)
{
	struct record_counters r = run("chdir:delay_enter=1ms,when=2+2", ARM_INJECTED,
		"for i in 1 2 3 4 5; do cd /; done");

	cr_expect(eq(u64, r.passed, 5));
	cr_expect(eq(u64, r.fired, 2));
}

/* A held thread is listed, and dies with its notification pending; nothing is left behind. */
Test(inject_syscalls, pending_at_the_end)
{
	char *argv[] = { "/bin/sh", "-c", "cd /; cd /", NULL };
	size_t before = open_descriptors();
	struct record_counters counters;
	const pid_t *tids;
	struct inject_run r;

	inject_run_start(&r, "chdir:delay_enter=1h", ARM_INJECTED, argv);
	while (inject_trial_pending(r.trial, &tids) == 0) {
		struct pollfd p = { r.fd, POLLIN, 0 };

		cr_assert(poll(&p, 1, -1) > 0);
		cr_assert(eq(int, inject_trial_on_event(r.trial), 0));
	}
	cr_expect(eq(int, tids[0], r.pid));
	cr_assert(eq(int, kill(r.pid, SIGKILL), 0));
	cr_assert(eq(int, waitpid(r.pid, NULL, 0), r.pid));
	counters = inject_run_stop(&r);
	cr_expect(eq(u64, counters.fired, 1));
	cr_expect(counters.delay_ns > 0);
	cr_expect(eq(sz, open_descriptors(), before));
}

static void expect_error(const char *rules, const char *want)
{
	struct inject_target target = { .exe = "/bin/sh" };
	struct inject_spec spec = { 0 };
	struct inject *inject;
	char *error = NULL;

	cr_assert(eq(int, inject_parse(rules, strlen(rules), &spec, &error), 0));
	cr_assert(lt(int, inject_new(&spec, &target, ARM_INJECTED, &inject, &error), 0));
	cr_expect(eq(str, error, (char *)want));
	free(error);
	inject_spec_done(&spec);
}

Test(inject_syscalls, unknown_names)
{
	expect_error(
		"raed:delay_enter=1ms", "'raed': neither an interposed function nor a system call");
	expect_error("syscall:raed:delay_enter=1ms", "'raed': no such system call");
	expect_error("point:a:delay_enter=1ms", "'a': a program that is no scenario has no points");
	expect_error("func:raed:delay_enter=1ms", "'raed': no such interposed function");
}

/* The counters prove it: no loader, no libc of ours, threads of its own. */
static void reaches(const char *below, const char *call)
{
	char *rules cleanup(cleanup_free) = mem_printf("syscall:%s:delay_enter=100us", call);
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *argv[] = { path, NULL };
	struct record_counters r = inject_run_argv(rules, ARM_INJECTED, argv);

	cr_expect(r.fired > 0, "%s", below);
	cr_expect(eq(u64, r.fired, r.passed));
}

Test(inject_syscalls, reaches_threads_and_forks)
{
	reaches("glibc/targets/inject_forksafe", "write");
	reaches("musl/targets/inject_forksafe", "write");
}

Test(inject_syscalls, reaches_static_programs)
{
	reaches("musl/targets/inject_static", "write");
}
