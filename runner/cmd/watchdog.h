/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd/watchdog.h: a command that looks at processes must end, whatever these do. The kernel lets a
 * reader of /proc/PID/maps, cmdline and others wait for the thread that has the memory of that
 * process locked; such a wait may last for ever, and may not even be ended by a signal (FUSE).
 *
 * So the looking is done in a child. The command itself touches no process but that child.
 */
#ifndef RUNNER_CMD_WATCHDOG_H
#define RUNNER_CMD_WATCHDOG_H

/* Calls work(arg) in a child, and returns what that returns. Where one call of it on a file or a
 * process has blocked for 5 s: says so in one line on standard error that begins with `command` and
 * names the file, ends the child, and returns EXIT_BROKEN. A child that is killed by a signal kills
 * the caller by the same. */
int watchdog_run(const char *command, int (*work)(void *arg), void *arg);

#endif
