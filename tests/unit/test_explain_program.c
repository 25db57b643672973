/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/program.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

static void expect(const char *cmdline, size_t n, const char *wanted)
{
	cleanup(cleanup_free) char *is = program_shorten(cmdline, n);

	if (wanted)
		cr_assert_str_eq(is, wanted);
	else
		cr_assert_null(is);
}

#define EXPECT(cmdline, wanted) expect(cmdline, sizeof(cmdline), wanted)

Test(explain_program, command_as_it_was_typed)
{
	EXPECT("/usr/bin/python3\0/srv/app/worker.py\0-v", "python3 worker.py -v");
	EXPECT("tail\0-f\0/dev/null", "tail -f /dev/null");
	EXPECT("./server", "server");
	EXPECT("sh\0-c\0sleep 1; :", "sh -c 'sleep 1; :'");
}

Test(explain_program, title_of_its_own)
{
	EXPECT("postgres: writer process\0\0\0\0", "postgres: writer process");
	EXPECT("nginx: worker", "nginx: worker");
}

Test(explain_program, long_lines_end_in_dots)
{
	char line[200];
	cleanup(cleanup_free) char *is = NULL;

	memset(line, 'x', sizeof(line));
	is = program_shorten(line, sizeof(line));
	cr_assert_eq(strlen(is), 63u);
	cr_assert_str_eq(is + 60, "...");
}

Test(explain_program, nothing_in_it_acts_on_a_terminal)
{
	EXPECT("evil\033[2J\0a\nb", "evil?[2J 'a?b'");
	EXPECT("\xff\xfe", "??");
}

Test(explain_program, no_command_line_at_all)
{
	expect("", 0, NULL);
	EXPECT("", NULL);
}
