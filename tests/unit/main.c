/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Criterion's main(), in surroundings of its own: tests/own.sh. */
#include <criterion/criterion.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

#include "runner/base/util.h"

static void enter_own_surroundings(int argc, char *argv[])
{
	char **again = mem_alloc(((size_t)argc + 2) * sizeof(*again));

	if (getenv("TESTS_OWN"))
		return;
	again[0] = (char *)"tests/own.sh";
	for (int i = 0; i < argc; i++)
		again[i + 1] = argv[i];
	execv(again[0], again);
	err(1, "%s (start the unit tests in the top folder of the source tree)", again[0]);
}

int main(int argc, char *argv[])
{
	struct criterion_test_set *tests;
	int status = 0;

	enter_own_surroundings(argc, argv);
	tests = criterion_initialize();
	if (criterion_handle_args(argc, argv, true))
		status = !criterion_run_all_tests(tests);
	criterion_finalize(tests);
	return status;
}
