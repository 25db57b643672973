/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * identity.h: what a user's command is, so that two are compared only when they are the same: the
 * whole argv, the directory, and which builds of its files were run. Runs nothing.
 */
#ifndef RUNNER_PLAN_IDENTITY_H
#define RUNNER_PLAN_IDENTITY_H

#define IDENTITY_LABEL_MAX 40 /* columns */

/* The argv as a shell reads it. The caller frees these. */
char *identity_command(char *const *argv);
/*
 * A short name for reports: the command itself where it fits, else without its directories, cut,
 * and with "#" and four digits of the whole argv's hash, so that it stays the only one of its kind.
 */
char *identity_label(char *const *argv);
/* "python3 5e2c91aa, t.py x09f1c2d3": for the program (found at path), and for every argument that
 * is a regular file, its build id, or "x" and a hash of its bytes. "": no such file can be read. */
char *identity_program(const char *path, char *const *argv);
/* "glibc 2.36", "musl 1.2.3", "static", "other": what the program is linked with; of a script, its
 * interpreter. */
char *identity_libc(const char *path);

#endif
