/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --each: what the test runners print, and the commands of single tests. */
#include <criterion/criterion.h>

#include "runner/plan/each.h"
#include "runner/base/util.h"

TestSuite(each, .timeout = 30);

#define ARGV(...) ((char *const[]){ __VA_ARGS__, NULL })

/* "a|b": the names that are read from what it printed. */
static char *names(const struct each_runner *r, const char *text)
{
	size_t n;
	char **list = each_parse(r, text, strlen(text), &n), *all = mem_strdup("");

	for (size_t i = 0; i < n; i++) {
		cleanup(cleanup_free) char *before = all;

		all = mem_printf("%s%s%s", before, i ? "|" : "", list[i]);
		free(list[i]);
	}
	free(list);
	return all;
}

static char *command(const struct each_runner *r, char *const *argv, const char *test)
{
	char **words = each_argv(r, argv, test), *all = mem_strdup("");

	for (size_t i = 0; words[i]; i++) {
		cleanup(cleanup_free) char *before = all;

		all = mem_printf("%s%s%s", before, i ? " " : "", words[i]);
	}
	each_argv_done(words);
	return all;
}

static const struct {
	const char *name, *executable;
	char *const *argv;
	const char *printed, *names;
	const char *list, *test, *one; /* the command that lists; that runs `test` */
} cases[] = {
	{ "gtest", "..gtest_list_tests..", ARGV("./t"),
		"Running main() from gtest_main.cc\nA.\n  One\n  DISABLED_Two\nB/0.  # TypeParam = int\n"
		"  Three/1  # GetParam() = 4\n",
		"A.One|B/0.Three/1", "./t --gtest_list_tests", "A.One",
		"./t --gtest_filter=A.One" },
	{ "Catch2", "list-test-names-only", ARGV("./t", "-d", "yes"),
		"adds, twice\n[tag] of a name\n", "adds, twice|[tag] of a name",
		"./t -d yes --list-test-names-only", "a, [b]*", "./t -d yes a\\, \\[b]\\*" },
	{ "ctest", "", ARGV("/usr/bin/ctest", "--test-dir", "b"),
		"Test project /b\n  Test #1: fine\n  Test #12: a.b (c)\n\nTotal Tests: 2\n",
		"fine|a.b (c)", "/usr/bin/ctest --test-dir b -N", "a.b (c)",
		"/usr/bin/ctest --test-dir b -R ^a\\.b \\(c\\)$" },
	{ "pytest", "", ARGV("python3", "-m", "pytest", "-x", "/"),
		"a/test_a.py::test_one\na/test_a.py::T::test_two[x-1]\n\n2 tests collected in 0.1s\n",
		"a/test_a.py::test_one|a/test_a.py::T::test_two[x-1]",
		"python3 -m pytest -x / --collect-only --verbosity=-1", "t.py::a",
		"python3 -m pytest -x t.py::a" },
	{ "go test", "", ARGV("go", "test", "./x"),
		"TestOne\nExampleTwo\nBenchmarkThree\nok  \texample.com/x\t0.002s\n",
		"TestOne|ExampleTwo", "go test ./x -list=.", "TestOne",
		"go test ./x -count=1 -run=^TestOne$" },
	{ "cargo test", "", ARGV("cargo", "test"), "a::one: test\nb: benchmark\ntwo: test\n",
		"a::one|two", "cargo test -q -- --list --format terse", "two",
		"cargo test -- --exact two" },
	{ "Go test binary", "test.testlogfile", ARGV("./x.test"), "TestOne\n", "TestOne",
		"./x.test -test.list=.", "TestOne", "./x.test -test.run=^TestOne$" },
	{ "Rust test binary", "RUST_TEST_THREADS", ARGV("./t"), "one: test\n", "one",
		"./t --list --format terse", "one", "./t --exact one" },
};

Test(each, every_runner)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct each_runner *r =
			each_find(cases[i].argv, cases[i].executable, strlen(cases[i].executable));
		cleanup(cleanup_free) char *found = NULL, *list = NULL, *one = NULL;

		cr_assert(r, "%s", cases[i].name);
		cr_assert_str_eq(each_name(r), cases[i].name);
		found = names(r, cases[i].printed);
		cr_assert_str_eq(found, cases[i].names);
		list = command(r, cases[i].argv, NULL);
		cr_assert_str_eq(list, cases[i].list);
		one = command(r, cases[i].argv, cases[i].test);
		cr_assert_str_eq(one, cases[i].one);
	}
}

Test(each, what_is_no_runner)
{
	cr_assert_null(each_find(ARGV("./t"), "gtest", 5));
	cr_assert_null(each_find(ARGV("go", "build"), "", 0));
	cr_assert_null(each_find(ARGV("python3", "x.py"), "", 0));
}

Test(each, nothing_in_nothing)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct each_runner *r =
			each_find(cases[i].argv, cases[i].executable, strlen(cases[i].executable));

		for (size_t n = 0; n < strlen(cases[i].printed); n++) {
			size_t found;
			char **list = each_parse(r, cases[i].printed, n, &found);

			for (size_t k = 0; k < found; k++)
				free(list[k]);
			free(list);
		}
	}
}
