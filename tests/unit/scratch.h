/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scratch.h: files of a test, in TMPDIR, which tests/own.sh removes whatever happens. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#define SCRATCH_MAX 128 /* bytes of a path; a few more for a name below it fit into 160 */

/* The path of a new empty folder or file, named after the test. Fails the test on an error. */
void scratch_folder(char ret_path[SCRATCH_MAX]);
int scratch_file(
	char ret_path[SCRATCH_MAX]); /* open for reading and writing; the caller closes it */
/* A path that does not exist yet. */
void scratch_name(char ret_path[SCRATCH_MAX]);

#endif
