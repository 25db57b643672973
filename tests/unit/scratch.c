/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void scratch_template(char *path)
{
	const char *folder = getenv("TMPDIR");
	int n = snprintf(path, SCRATCH_MAX, "%s/unit-XXXXXX", folder ? folder : "/tmp");

	cr_assert_lt(n, SCRATCH_MAX, "TMPDIR is too long: %s", folder);
}

void scratch_folder(char ret_path[SCRATCH_MAX])
{
	scratch_template(ret_path);
	cr_assert_not_null(mkdtemp(ret_path));
}

int scratch_file(char ret_path[SCRATCH_MAX])
{
	int fd;

	scratch_template(ret_path);
	fd = mkstemp(ret_path);
	cr_assert_geq(fd, 0);
	return fd;
}

void scratch_name(char ret_path[SCRATCH_MAX])
{
	close(scratch_file(ret_path));
	unlink(ret_path);
}
