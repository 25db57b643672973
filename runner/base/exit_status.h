/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exit_status.h: what the exit statuses of hangrate mean. */
#ifndef RUNNER_BASE_EXIT_STATUS_H
#define RUNNER_BASE_EXIT_STATUS_H

/* Documented once, in the man page section EXIT STATUS. */
enum exit_status {
	EXIT_MET = 0, /* all expectations met; a user's program never hung */
	EXIT_NOT_MET = 1,
	EXIT_USAGE = 2,  /* bad option, unknown scenario, unreadable input */
	EXIT_BROKEN = 3, /* broken trials, a false proof, the instrument or its output failed */
	EXIT_INTERRUPTED = 130,
};

#endif
