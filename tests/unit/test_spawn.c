/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/trial/spawn.h"

static struct spawner spawner;
static struct spawn_place *place;
static int null;

static void set_up(void)
{
	cr_assert(eq(int, spawner_init(&spawner), 0));
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	place = spawn_place_new();
	cr_assert(place != NULL);
}

static void tear_down(void)
{
	spawner_done(&spawner);
	spawn_place_free(place);
	close(null);
}

TestSuite(spawn, .init = set_up, .fini = tear_down);

/* Runs sh -c SCRIPT, or what path names, to its end; its status, and what it wrote. */
static int run(const char *path, const char *script, char *ret_text, size_t size)
{
	char *const argv[] = { "sh", "-c", (char *)script, NULL }, *const env[] = { NULL };
	struct spawn_request request = {
		.path = path, .argv = argv, .env = env, .tag = 4711, .stdin_fd = null
	};
	int output, status;
	ssize_t n;
	pid_t pid;

	cr_assert(eq(int, spawn_trial(&spawner, place, &request, &pid, &output), 0));
	cr_assert(eq(int, waitpid(pid, &status, 0), pid));
	n = read(output, ret_text, size - 1);
	ret_text[n > 0 ? n : 0] = '\0';
	close(output);
	return status;
}

Test(spawn, a_place_is_used_again)
{
	char text[64];

	for (int i = 0; i < 100; i++) {
		cr_assert(eq(int, run("/bin/sh", "read x || echo out; echo err >&2", text, 64), 0));
		cr_assert_str_eq(text, "out\nerr\n");
		cr_assert(eq(int, place->error, 0));
	}
}

Test(spawn, who_cannot_execute_says_why)
{
	char text[64];

	cr_assert(eq(int, run("/no/such/program", "", text, 64), 127 << 8));
	cr_assert(eq(int, place->error, -ENOENT));
	cr_assert(eq(int, run("/dev", "", text, 64), 127 << 8));
	cr_assert(eq(int, place->error, -EACCES));
	cr_assert(eq(int, run("/bin/sh", "exit 127", text, 64), 127 << 8));
	cr_assert(eq(int, place->error, 0), "the program's own status");
}

/* The child that fails shares our memory, errno included, and runs while we do something else. */
Test(spawn, our_errno_is_ours)
{
	char *const argv[] = { "x", NULL }, *const env[] = { NULL };
	struct spawn_request request = {
		.path = "/no/such/program", .argv = argv, .env = env, .stdin_fd = null
	};

	for (int i = 0; i < 200; i++) {
		siginfo_t info;
		int output;
		pid_t pid;

		cr_assert(eq(int, spawn_trial(&spawner, place, &request, &pid, &output), 0));
		errno = E2BIG;
		do
			info.si_pid = 0;
		while (!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) && !info.si_pid);
		cr_assert(eq(int, errno, E2BIG));
		close(output);
	}
}

Test(spawn, a_trial_is_as_if_from_a_fresh_shell)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	const uint64_t hidden[8] = { (uintptr_t)SIG_IGN };
	char text[512], *mask;
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
			"exec grep -hE 'SigBlk|SigIgn|file locks' /proc/self/status "
			"/proc/self/limits",
			text, sizeof(text)),
		0));
	mask = strstr(text, "SigBlk:\t0000000000000000");
	cr_assert_not_null(mask, "%s", text);
	mask = strstr(text, "SigIgn:\t0000000000000000");
	cr_assert_not_null(mask, "%s", text);
	mask = strstr(text, " 4711 ");
	cr_assert_not_null(mask, "the tag: %s", text);
}
