/* SPDX-License-Identifier: MIT */
/* pause-race.c: the signal comes between the test and pause(). */
#include "lib/scenario.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t came;

static void note(int sig)
{
	(void)sig;
	came = 1;
}

static void send_signal(void *arg)
{
	(void)arg;
	CHECK(kill(getppid(), SIGUSR1) == 0);
}

/* In a child that is waited for, so that nobody lives beside the waiter. */
static void receive(void (*wait_for_note)(const sigset_t *), bool block)
{
	struct sigaction action = { .sa_handler = note };
	sigset_t usr1, before;
	pid_t child;

	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	MUST(sigprocmask(SIG_BLOCK, block ? &usr1 : NULL, &before) == 0);
	child = scenario_fork(FORK, send_signal, NULL);
	wait_for_note(&before);
	CHECK(came);
	scenario_wait(child);
}

static void pause_for_note(const sigset_t *before)
{
	(void)before;
	if (!came) {
		DELAY_POINT("tested");
		pause();
	}
}

static void suspend_for_note(const sigset_t *before)
{
	while (!came) {
		DELAY_POINT("tested");
		CHECK(sigsuspend(before) == -1 && errno == EINTR);
	}
}

static void poll_for_note(const sigset_t *before)
{
	while (!came) {
		DELAY_POINT("tested");
		CHECK(ppoll(NULL, 0, NULL, before) == -1 && errno == EINTR);
	}
}

/* The hazard: test and wait are two steps. */
static void paused(void)
{
	receive(pause_for_note, false);
}

/* Fix: the signal is blocked but while it is waited for, and the kernel does that in one step. */
static void suspended(void)
{
	receive(suspend_for_note, true);
}

static void polled(void)
{
	receive(poll_for_note, true);
}

SCENARIO(
	.summary = "pause() waits for a signal that has come already",
	.hazard = "a signal that is handled between the test and pause() wakes nobody",
	.symptom = IN_SIGNAL,
	.cause = "signal-wait: signal; trial: signal",
	.knobs = { { "tested", DELAY, "0,500us,2ms", "between the test and the wait" } },
	.variants = {
		{ "pause", "if (!came) pause()", paused,
		  { { "*", HANGS, "the handler may run before pause()" } }, .timeout_ms = 200 },
		{ "sigsuspend", "blocked, then sigsuspend()", suspended,
		  { { "*", COMPLETES, "unblocking and waiting are one step" } } },
		{ "ppoll", "blocked, then ppoll()", polled,
		  { { "*", COMPLETES, "unblocking and waiting are one step" } } },
	},
	.refs = { "POSIX.1-2024 sigsuspend()", "select(2), pselect()",
		"https://www.gnu.org/software/libc/manual/html_node/Pause-Problems.html" },
);
