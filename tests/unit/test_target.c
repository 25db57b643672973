/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/identity.h"
#include "runner/plan/target.h"
#include "runner/base/util.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(target, libc_ranges)
{
	static const struct {
		const char *libc, *range;
		bool match;
	} cases[] = {
		{ "glibc 2.36", "*", true },
		{ "?", "*", true },
		{ "glibc 2.36", "glibc", true },
		{ "glibc 2.36", "musl", false },
		{ "glibc 2.36", "glib", false },
		{ "musl 1.2.1", "musl<1.2.2", true },
		{ "musl 1.2.2", "musl<1.2.2", false },
		{ "musl 1.2.10", "musl>=1.2.2", true },
		{ "glibc 2.4", "glibc<2.36", true },
		{ "glibc 2.36", "glibc>=2.31,<2.36", false },
		{ "glibc 2.35", "glibc>=2.31,<2.36", true },
		{ "glibc 2.36", "glibc=2.36", true },
		{ "musl", "musl<1.2.2", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_expect_eq(target_libc_matches(cases[i].libc, cases[i].range), cases[i].match,
			"'%s' against '%s'", cases[i].libc, cases[i].range);
}

static const char good[] =
	"{\"schema\":1,\"name\":\"s\",\"summary\":\"sum\",\"hazard\":\"haz\",\"libc\":\"glibc "
	"2.36\","
	"\"knobs\":[{\"name\":\"d\",\"kind\":\"delay\",\"levels\":\"0,1ms\",\"help\":\"h\"},"
	"{\"name\":\"z\",\"kind\":\"size\",\"levels\":\"0\",\"help\":\"h\"}],"
	"\"variants\":[{\"name\":\"bug\",\"summary\":\"b\",\"timeout_ms\":300,\"expect\":["
	"{\"libc\":\"musl\",\"what\":\"completes\",\"why\":\"no\"},"
	"{\"libc\":\"glibc\",\"what\":\"deadlocks\",\"why\":\"yes\"}]},"
	"{\"name\":\"fix\",\"summary\":\"f\",\"knobs\":[\"z\"],\"expect\":[]}],\"refs\":[\"r\"]}";

static int parse(
	struct target_list *l, const char *json, char *pattern, bool *used, const char **why)
{
	return target_parse_describe(
		l, "/x/s", json, strlen(json), &pattern, pattern ? 1 : 0, used, why);
}

Test(target, describe)
{
	struct target_list l = {};
	const char *why;

	cr_assert_eq(parse(&l, good, NULL, NULL, &why), 0);
	cr_assert_eq(l.n, 2);
	cr_expect_eq(l.n_scenarios, 1);
	cr_expect_str_eq(l.targets[0].variant, "bug");
	cr_expect_eq(l.targets[0].expect, EXPECT_DEADLOCKS, "the first range that matches");
	cr_expect_str_eq(l.targets[0].why, "yes");
	cr_expect_eq(l.targets[0].timeout_ns, 300 * NSEC_PER_MSEC);
	cr_expect_eq(l.targets[0].n_knobs, 2);
	cr_expect_str_eq(l.targets[0].argv[1], "--run");
	cr_expect_str_eq(l.targets[0].argv[2], "bug");
	cr_expect_eq(l.targets[1].expect, EXPECT_MAY, "nothing said is nothing judged");
	cr_expect_eq(l.targets[1].n_knobs, 1);
	cr_expect_eq(l.targets[1].knobs[0].kind, KNOB_SIZE);
	target_list_done(&l);
}

Test(target, patterns)
{
	static const struct {
		char *pattern;
		size_t targets;
		bool used;
	} cases[] = {
		{ "s", 2, true },
		{ "s/bug", 1, true },
		{ "*/fix", 1, true },
		{ "s*", 2, true },
		{ "t", 0, false },
		{ "s/x", 0, false },
		{ "!s/bug", 1, true },
		{ "!s", 0, true },
		{ "!t", 2, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct target_list l = {};
		bool used = false;
		const char *why;

		cr_expect_eq(parse(&l, good, cases[i].pattern, &used, &why), 0);
		cr_expect_eq(l.n, cases[i].targets, "%s", cases[i].pattern);
		cr_expect_eq(used, cases[i].used, "%s", cases[i].pattern);
		cr_expect_eq(l.n_scenarios, cases[i].targets > 0);
		target_list_done(&l);
	}
}

Test(target, bad_describe)
{
	static const char many_years[] = "{\"schema\":1,\"name\":\"x\",\"variants\":[{\"name\":"
					 "\"v\",\"timeout_ms\":99999999999999}]}";
	static const char *const bad[] = { "", "[]", "{}", "{\"schema\":2}",
		"{\"schema\":1,\"name\":\"x\",\"variants\":[]}",
		"{\"schema\":1,\"name\":\"x\",\"variants\":[{}]}",
		"{\"schema\":1,\"name\":\"x\",\"variants\":[{\"name\":\"v\",\"timeout_ms\":-1}]}",
		many_years, "{\"schema\":1,\"variants\":[{\"name\":\"v\"}]}" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct target_list l = {};
		const char *why = NULL;

		cr_expect_eq(parse(&l, bad[i], NULL, NULL, &why), -EINVAL, "%s", bad[i]);
		cr_expect(why && *why);
		cr_expect_eq(l.n, 0, "nothing of a bad one is kept");
		target_list_done(&l);
	}
}

Test(target, a_label_is_short_and_of_its_own)
{
	char *short_argv[] = { "./p.sh", "an argument", NULL };
	char *a[] = { "/a/very/long/path/to/some/directory/python3", "/another/long/path/t.py",
		NULL };
	char *b[] = { "/a/very/long/path/to/some/directory/python3", "/different/path/t.py", NULL };
	cleanup(cleanup_free) char *label = identity_label(short_argv), *of_a = identity_label(a),
				   *of_b = identity_label(b);

	cr_expect_str_eq(label, "./p.sh 'an argument'");
	cr_expect_leq(strlen(of_a), IDENTITY_LABEL_MAX);
	cr_expect_eq(strncmp(of_a, "python3 t.py #", 14), 0, "%s", of_a);
	cr_expect_str_neq(of_a, of_b);
}

Test(target, what_was_run_is_the_whole_command_and_its_files)
{
	struct target_list l = {};
	char script[SCRATCH_MAX];
	int fd = scratch_file(script);

	cr_assert_eq(write(fd, "exit 0\n", 7), 7);
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			cr_assert_eq(pwrite(fd, "exit 1\n", 7, 0), 7);
		cr_assert_eq(target_add_program(&l, (char *[]){ "sh", script, NULL }, NULL), 0);
	}
	cr_expect_str_eq(l.targets[0].program, l.targets[1].program);
	cr_expect_str_neq(l.targets[0].program, l.targets[2].program, "%s", l.targets[0].program);
	cr_expect(strstr(l.targets[0].command, script));
	cr_expect(l.targets[0].directory && *l.targets[0].directory == '/');
	cr_expect(strncmp(l.targets[0].libc, "glibc 2.", 8) == 0, "%s", l.targets[0].libc);
	cr_assert_eq(target_add_program(&l, (char *[]){ "sh", script, NULL }, "nightly"), 0);
	cr_expect_str_eq(l.targets[3].name, "nightly");
	cr_expect_null(l.targets[3].command, "its name says what it is");
	unlink(script);
	close(fd);
	target_list_done(&l);
}

Test(target, program)
{
	struct target_list l = {};

	cr_expect_eq(target_add_program(&l, (char *[]){ "true", "x", NULL }, NULL), 0);
	cr_expect(strchr(l.targets[0].path, '/'));
	cr_expect_str_eq(l.targets[0].argv[0], "true");
	cr_expect_str_eq(l.targets[0].argv[1], "x");
	cr_expect_eq(l.targets[0].broken_status, -1, "99 is a status like any other");
	cr_expect_eq(
		target_add_program(&l, (char *[]){ "no-such-program-here", NULL }, NULL), -ENOENT);
	cr_expect_eq(target_add_program(&l, (char *[]){ "/no/such/program", NULL }, NULL), -ENOENT);
	cr_expect_eq(target_add_program(&l, (char *[]){ "/etc/passwd", NULL }, NULL), -EACCES);
	cr_expect_eq(target_add_program(&l, (char *[]){ "/etc", NULL }, NULL), -EISDIR);
	cr_expect_eq(target_add_program(&l, (char *[]){ "", NULL }, NULL), -ENOENT);
	cr_expect_eq(l.n, 1);
	target_list_done(&l);
}
