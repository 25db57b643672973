/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real children under real filters; the loop of each test stands for the runner's. */
#include "runner/inject.h"

#include "lib/protocol.h"
#include "runner/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct run {
	struct inject *inject;
	struct inject_trial *trial;
	int fd;
	pid_t pid;
};

static void start(struct run *r, const char *rules, enum arm arm, char *const argv[])
{
	struct inject_target target = { .exe = argv[0] };
	struct inject_spec spec = { 0 };
	char *error = NULL;

	cr_assert(eq(int, inject_parse(rules, strlen(rules), &spec, &error), 0), "%s", error);
	cr_assert(eq(int, inject_new(&spec, &target, arm, &r->inject, &error), 0), "%s", error);
	inject_spec_done(&spec);
	cr_assert(eq(int, inject_trial_new(r->inject, 1, &r->trial), 0));
	fflush(NULL);
	r->pid = inject_trial_needs_fork(r->trial) ? fork() : vfork();
	if (r->pid == 0) {
		if (inject_trial_in_child(r->trial) == 0)
			execv(argv[0], argv);
		_exit(99);
	}
	cr_assert(r->pid > 0);
	r->fd = inject_trial_attach(r->trial, r->pid);
}

/* Serves the trial until its process is gone; returns its wait status. */
static int serve(struct run *r)
{
	int pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0), status;

	for (;;) {
		struct pollfd p[] = { { pidfd, POLLIN, 0 }, { r->fd, POLLIN, 0 } };

		cr_assert(poll(p, 2, -1) > 0);
		if (p[1].revents)
			cr_assert(eq(int, inject_trial_on_event(r->trial), 0));
		if (p[0].revents)
			break;
	}
	close(pidfd);
	cr_assert(eq(int, waitpid(r->pid, &status, 0), r->pid));
	return status;
}

static struct record_receipt stop(struct run *r)
{
	struct record_receipt receipt;

	inject_trial_finish(r->trial, false, &receipt);
	inject_free(r->inject);
	return receipt;
}

static struct record_receipt run(const char *rules, enum arm arm, const char *script)
{
	char *argv[] = { "/bin/sh", "-c", (char *)script, NULL };
	struct run r;
	int status;

	start(&r, rules, arm, argv);
	status = serve(&r);
	cr_expect(eq(int, status, 0));
	return stop(&r);
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
	struct record_receipt r = run("syscall:getppid,syscall:chdir:delay_enter=2ms", ARM_INJECTED,
		"cd /; cd /tmp; cd /");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(eq(u64, r.armed, 2));
	cr_expect(r.passed >= 3);
	cr_expect(eq(u64, r.fired, r.passed));
	cr_expect(r.delay_ns >= 6000000);
	cr_expect(r.note == NULL, "%s", r.note);
}

Test(inject_syscalls, null_arm_passes_and_holds_nothing)
{
	struct record_receipt r = run("%file:delay_enter=1h", ARM_NULL, "cd /; (cd /tmp)");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(r.passed > 3);
	cr_expect(eq(u64, r.fired, 0));
	cr_expect(eq(u64, r.delay_ns, 0));
}

Test(inject_syscalls, bare_arm_has_no_engine)
{
	struct record_receipt r = run("%file:delay_enter=1h", ARM_BARE, "cd /");

	cr_expect(eq(u64, r.trials, 0));
	cr_expect(eq(u64, r.armed, 0));
	cr_expect(eq(u64, r.passed, 0));
}

/* The child is held in its own execve, and sends the listener through a held sendmsg. */
Test(inject_syscalls, holds_execve_and_network)
{
	struct record_receipt r = run(
		"%process,%network:delay_enter=1ms", ARM_INJECTED, "/bin/true & wait; /bin/true");

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(r.fired >= 5, "%lu", r.fired);
}

Test(inject_syscalls, when_counts_passages)
{
	struct record_receipt r = run("chdir:delay_enter=1ms,when=2+2", ARM_INJECTED,
		"for i in 1 2 3 4 5; do cd /; done");

	cr_expect(eq(u64, r.passed, 5));
	cr_expect(eq(u64, r.fired, 2));
}

/* A held thread is listed, and dies with its notification pending; nothing is left behind. */
Test(inject_syscalls, pending_at_the_end)
{
	char *argv[] = { "/bin/sh", "-c", "cd /; cd /", NULL };
	size_t before = open_descriptors();
	struct record_receipt receipt;
	const pid_t *tids;
	struct run r;

	start(&r, "chdir:delay_enter=1h", ARM_INJECTED, argv);
	while (inject_trial_pending(r.trial, &tids) == 0) {
		struct pollfd p = { r.fd, POLLIN, 0 };

		cr_assert(poll(&p, 1, -1) > 0);
		cr_assert(eq(int, inject_trial_on_event(r.trial), 0));
	}
	cr_expect(eq(int, tids[0], r.pid));
	cr_assert(eq(int, kill(r.pid, SIGKILL), 0));
	cr_assert(eq(int, waitpid(r.pid, NULL, 0), r.pid));
	receipt = stop(&r);
	cr_expect(eq(u64, receipt.fired, 1));
	cr_expect(receipt.delay_ns > 0);
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
