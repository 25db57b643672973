/* SPDX-License-Identifier: MIT */
/*
 * openlog.c: a thread opens and closes the system log at the fork, and the child does. It has
 * the lock that syslog() has, and nobody's log is filled.
 */
#include "lib/scenario.h"

#include <syslog.h>

static void open_and_close(void)
{
	openlog("hangrate", LOG_PID, LOG_USER);
	closelog();
}

LIBC_SCENARIO(.summary = "openlog() and closelog() in the child", .hazard = "syslog has a lock",
	.stress = open_and_close, .child = open_and_close,
	.fork = { { "glibc", DEADLOCKS, "fork() leaves syslog's lock alone" },
		{ "musl<1.2.2", MAY, "fork() takes it from 1.2.2 on" },
		{ "musl", COMPLETES, "fork() takes it" } },
	.behind = { { "*", DEADLOCKS, "nobody takes it" } }, );
