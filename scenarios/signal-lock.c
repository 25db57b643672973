/* SPDX-License-Identifier: MIT */
/* signal-lock.c: a signal handler takes the mutex that the interrupted code holds. */
#include "lib/scenario.h"

#include <pthread.h>
#include <signal.h>

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t wanted;

static void write_log(void)
{
	CHECK(pthread_mutex_lock(&log_lock) == 0);
	CHECK(pthread_mutex_unlock(&log_lock) == 0);
}

static void log_from_handler(int sig)
{
	(void)sig;
	write_log();
}

static void remember(int sig)
{
	(void)sig;
	wanted = 1;
}

static void catch_with(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	MUST(sigaction(SIGUSR1, &action, NULL) == 0);
}

static void write_log_and_be_interrupted(void)
{
	CHECK(pthread_mutex_lock(&log_lock) == 0);
	CHECK(raise(SIGUSR1) == 0);
	CHECK(pthread_mutex_unlock(&log_lock) == 0);
}

/* The hazard: the handler runs on top of the owner, which can go on only after the handler. */
static void in_handler(void)
{
	catch_with(log_from_handler);
	write_log_and_be_interrupted();
}

/* Fix: the handler leaves a note, and the program logs when it holds nothing. */
static void note_only(void)
{
	catch_with(remember);
	write_log_and_be_interrupted();
	if (wanted)
		write_log();
}

/* Fix: the signal is blocked while the mutex is held. */
static void blocked(void)
{
	sigset_t usr1;

	catch_with(log_from_handler);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK(pthread_sigmask(SIG_BLOCK, &usr1, NULL) == 0);
	write_log_and_be_interrupted();
	CHECK(pthread_sigmask(SIG_UNBLOCK, &usr1, NULL) == 0);
}

SCENARIO(
	.summary = "a signal handler locks what the interrupted thread holds",
	.hazard = "the owner of the mutex cannot go on before the handler returns",
	.symptom = IN_FUTEX,
	.cause = "self-lock: lock handler; self-lock: libc-lock handler; = mutex-recursion",
	.variants = {
		{ "handler", "the handler logs by itself", in_handler,
		  { { "*", DEADLOCKS, "the signal comes while the mutex is held" } } },
		{ "note", "the handler sets a flag", note_only,
		  { { "*", COMPLETES, "a flag needs no lock" } } },
		{ "blocked", "the signal is blocked while the mutex is held", blocked,
		  { { "*", COMPLETES, "the handler runs after the unlock" } } },
	},
	.refs = { "signal-safety(7)", "https://bugs.python.org/issue13697",
		"https://github.com/Icinga/icinga2/issues/9676" },
);
