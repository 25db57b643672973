/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/util.h"
#include "runner/trial/keeper.h"

#define SOON_MS 60000

static struct spawner spawner;
static struct keeper *keeper;

static void set_up(void)
{
	cr_assert(eq(int, spawner_init(&spawner), 0));
	keeper = NULL;
}

static void tear_down(void)
{
	keeper_free(keeper, INT64_MAX);
	spawner_done(&spawner);
}

TestSuite(keeper, .init = set_up, .fini = tear_down);

/* sh -c SCRIPT, or what path names; the end to read its output from. */
static int start(const char *path, const char *script, int64_t deadline_ns)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL };
	char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	struct spawn_request request = {
		.path = path, .argv = argv, .env = env, .inject.handover = -1
	};
	int fds[2];

	cr_assert(eq(int, pipe2(fds, O_CLOEXEC), 0));
	request.output = fds[1];
	if (!keeper)
		cr_assert(eq(int, keeper_new(&spawner, &request, &keeper), 0));
	cr_assert(eq(int, keeper_start(keeper, &request, deadline_ns), 0));
	close(fds[1]);
	return fds[0];
}

static int report(struct keeper_report *ret_report)
{
	struct pollfd p = { .fd = keeper_fd(keeper), .events = POLLIN };

	cr_assert(eq(int, poll(&p, 1, SOON_MS), 1));
	return keeper_read(keeper, ret_report);
}

static struct keeper_report run(const char *path, const char *script, char *ret_text, size_t size)
{
	int output = start(path, script, INT64_MAX);
	struct keeper_report r;
	ssize_t n;

	cr_assert(eq(int, report(&r), 1));
	n = read(output, ret_text, size - 1);
	ret_text[n > 0 ? n : 0] = '\0';
	close(output);
	return r;
}

/* The pid that the script prints; the process that it names holds the pipe. */
static pid_t printed_pid(int output)
{
	char text[32] = "";

	cr_assert(gt(long, read(output, text, sizeof(text) - 1), 0));
	return (pid_t)strtol(text, NULL, 10);
}

static void wait_until_gone(pid_t pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (p.fd < 0)
		return;
	cr_expect(eq(int, poll(&p, 1, SOON_MS), 1), "process %d is alive", (int)pid);
	close(p.fd);
}

Test(keeper, serves_one_trial_after_the_other)
{
	char text[64];

	for (int i = 0; i < 100; i++) {
		struct keeper_report r =
			run("/bin/sh", "read x || echo out; echo err >&2", text, 64);

		cr_assert(eq(int, r.status, 0));
		cr_assert(eq(int, r.error, 0));
		cr_assert_str_eq(text, "out\nerr\n");
	}
}

Test(keeper, says_why_a_program_cannot_be_executed)
{
	char text[64];

	cr_expect(eq(int, run("/no/such/program", "", text, 64).error, -ENOENT));
	cr_expect(eq(int, run("/dev", "", text, 64).error, -EACCES));
	cr_expect(eq(int, run("/bin/sh", "exit 127", text, 64).error, 0), "its own status");
	cr_expect(eq(int, run("/bin/sh", "exit 127", text, 64).status, 127 << 8));
}

Test(keeper, clears_away_what_hides_in_sessions_of_its_own)
{
	int output = start("/bin/sh",
		"trap 'exit 3' USR1; (setsid sh -c \"trap '' TERM HUP; echo \\$\\$; "
		"kill -USR1 $$; exec sleep 1000\" &); while :; do sleep 0.01; done",
		INT64_MAX);
	struct keeper_report r;
	pid_t hidden;

	cr_assert(eq(int, report(&r), 1));
	hidden = printed_pid(output);
	cr_expect(eq(int, r.status, 3 << 8));
	cr_expect(eq(int, r.left, 0));
	cr_expect(eq(int, kill(hidden, 0), -1));
}

Test(keeper, knows_the_orphans_of_its_trial)
{
	int output = start("/bin/sh",
		"(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000", INT64_MAX);
	pid_t orphan = printed_pid(output), pids[4];
	struct keeper_report r;
	int n;

	/* Its parent, a subshell, may take a moment to end. */
	while ((n = keeper_orphans(keeper, pids, 4)) != 1)
		sched_yield();
	cr_expect(eq(int, pids[0], orphan));
	keeper_end(keeper);
	cr_assert(eq(int, report(&r), 1));
	cr_expect(eq(int, r.status, SIGKILL));
	cr_expect(eq(int, keeper_orphans(keeper, pids, 4), 0));
	cr_expect(eq(int, kill(orphan, 0), -1));
}

Test(keeper, is_unmoved_by_signals_of_its_trial)
{
	char text[64];

	cr_expect(eq(int,
		run("/bin/sh", "for s in HUP INT USR1 TERM CHLD ALRM; do kill -$s $PPID; done",
			text, 64)
			.status,
		0));
	cr_expect(eq(int, run("/bin/true", "", text, 64).status, 0));
}

Test(keeper, ends_the_trial_of_a_silent_runner)
{
	struct keeper_report r;
	int output = start("/bin/sh", "exec sleep 1000", time_now_ns() - KEEPER_BACKSTOP_NS);

	cr_assert(eq(int, report(&r), 1));
	cr_expect(r.backstop);
	cr_expect(eq(int, r.status, SIGKILL));
	close(output);
}

Test(keeper, dies_with_its_trial_when_the_runner_is_killed)
{
	int fds[2];
	pid_t runner, hidden, kept;

	cr_assert(eq(int, pipe(fds), 0));
	runner = fork();
	if (!runner) {
		int output = start("/bin/sh",
			"(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000", INT64_MAX);
		pid_t pids[2] = { printed_pid(output), keeper_pid(keeper) };

		if (write(fds[1], pids, sizeof(pids)) < 0)
			_exit(1);
		pause();
	}
	cr_assert(eq(long, read(fds[0], &hidden, sizeof(hidden)), sizeof(hidden)));
	cr_assert(eq(long, read(fds[0], &kept, sizeof(kept)), sizeof(kept)));
	cr_assert(eq(int, kill(runner, SIGKILL), 0));
	waitpid(runner, NULL, 0);
	wait_until_gone(hidden);
	wait_until_gone(kept);
}

Test(keeper, that_is_killed_is_noticed)
{
	struct keeper_report r;

	close(start("/bin/sh", "kill -KILL $PPID; exec sleep 1000", INT64_MAX));
	cr_expect(eq(int, report(&r), -EPIPE));
	keeper_kill(keeper);
	keeper = NULL;
}

Test(keeper, has_no_room_for_everything)
{
	size_t size = (size_t)1 << 20;
	char *long_word = mem_alloc(size), *const none[] = { NULL }, *argv[] = { long_word, NULL };
	struct spawn_request small = { .path = "/bin/true", .argv = none, .env = none };
	struct spawn_request large = { .path = "/bin/true", .argv = argv, .env = none };

	memset(long_word, 'x', size - 1);
	cr_assert(eq(int, keeper_new(&spawner, &small, &keeper), 0));
	cr_expect(keeper_fits(keeper, &small));
	cr_expect(not(keeper_fits(keeper, &large)));
	free(long_word);
}

Test(keeper, a_trial_is_as_if_from_a_fresh_shell)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	const uint64_t hidden[8] = { (uintptr_t)SIG_IGN };
	char text[1024];
	sigset_t set;

	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGUSR1, &ignore, NULL);
	syscall(SYS_rt_sigaction, 32, hidden, NULL, sizeof(hidden[0])); /* libc refuses */
	spawner_done(&spawner);
	cr_assert(eq(int, spawner_init(&spawner), 0));
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	cr_assert(eq(int,
		run("/bin/sh",
			"grep -hE 'SigBlk|SigIgn|file locks' /proc/self/status /proc/self/limits; "
			"ls -l /proc/self/fd",
			text, sizeof(text))
			.status,
		0));
	cr_expect_not_null(strstr(text, "SigBlk:\t0000000000000000"), "%s", text);
	cr_expect_not_null(strstr(text, "SigIgn:\t0000000000000000"), "%s", text);
	cr_expect_not_null(
		strstr(text, "unlimited            unlimited            locks"), "%s", text);
	cr_expect_not_null(strstr(text, " 0 -> /dev/null"), "%s", text);
	cr_expect_null(strstr(text, " 4 -> "), "a descriptor of ours: %s", text);
}
