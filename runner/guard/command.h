/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guard/command.h: the guarded command as a child that behaves as if we were it.
 *
 * It stays in our process group and session, so that the terminal treats it as before. Ctrl-C and
 * signals to the group reach it without us; a signal to us alone is passed on; when it stops, we
 * stop; it dies with us by SIGKILL; its exit status or signal becomes ours.
 */
#ifndef RUNNER_GUARD_COMMAND_H
#define RUNNER_GUARD_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "runner/guard/output.h"

struct guard_command {
	pid_t pid;
	bool ended;
	bool ending;  /* set by the caller: we end it, so that its stops are not its own */
	int status;   /* as of waitpid(2), once it has ended */
	pid_t marker; /* see relay.c; 0: none */
	int channel;  /* to the child until it is the command; -1 none */
};

/*
 * Forks a child that waits for guard_command_exec(). From here on the caller's signals are blocked,
 * its descriptors are closed and its output is in *ret_output, also after an error: 0 or -errno.
 */
int guard_command_start(
	char *const *argv, struct guard_command *ret_command, struct guard_output *ret_output);
/*
 * Lets the child become argv, with the signal mask and dispositions that we were started with. 0,
 * or -errno of the exec (-ENOENT: no such program).
 */
int guard_command_exec(struct guard_command *c);

enum guard_event {
	GUARD_EVENT_NONE, /* time is up */
	GUARD_EVENT_ENDED,
	GUARD_EVENT_RESUMED, /* all of us were stopped, and go on */
};
/* Waits for one event, at most until the time given (monotonic); passes signals on meanwhile. */
enum guard_event guard_command_next(struct guard_command *c, int64_t until_ns);

/* Ends this process as the command has ended: by its status or by its signal. */
_Noreturn void guard_command_leave_as(struct guard_command *c);
void guard_command_done(struct guard_command *c);

/* guard/relay.c: was the signal sent to all of our process group? Then the command has it. */
void guard_relay_start(struct guard_command *c);
void guard_relay_done(struct guard_command *c);
void guard_relay_signal(struct guard_command *c, const siginfo_t *info);

#endif
