/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/plan/each.h"

#include "runner/plan/ask.h"
#include "runner/base/scan.h"
#include "runner/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define LIST_LIMIT_NS (120 * NSEC_PER_SEC) /* a runner may compile first */

struct names {
	char **list;
	size_t n, cap;
};

struct words {
	char **list;
	size_t n, cap;
};

struct each_runner {
	const char *name;
	const char *const *commands; /* names of programs; NULL: any */
	const char *word;            /* what must stand behind the program: "test"; NULL: nothing */
	const char *marker;          /* what its executable holds; NULL: nothing */
	const char *const *list;     /* what is added to list the tests */
	void (*parse)(struct names *n, const char *text, size_t len);
	void (*add_test)(struct words *w, const char *test);
	bool drops_paths; /* the test replaces what is named on the command line */
};

/* --- lists --- */

static void add_name(struct names *n, const char *text, size_t len)
{
	n->list = mem_grow(n->list, n->n, &n->cap, sizeof(*n->list));
	n->list[n->n++] = mem_strndup(text, len);
}

static bool ends_with(const struct scan *line, const char *end)
{
	size_t n = strlen(end);

	return scan_left(line) > n && !memcmp(line->end - n, end, n);
}

/* "Suite.  # comment" and, indented, "  Test  # comment". */
static void parse_gtest(struct names *n, const char *text, size_t len)
{
	struct scan s = scan_text(text, len), line, suite = { 0 }, word;

	while (scan_line(&s, &line)) {
		bool indented = scan_left(&line) && *line.p == ' ';
		cleanup(cleanup_free) char *whole = NULL;

		if (!scan_word(&line, &word))
			continue;
		if (!indented) {
			suite = word;
			if (!ends_with(&suite, ".")) /* "Running main() from ..." */
				suite = (struct scan){ 0 };
			continue;
		}
		if (!suite.p)
			continue;
		whole = mem_printf(
			"%.*s%.*s", (int)scan_left(&suite), suite.p, (int)scan_left(&word), word.p);
		if (!strstr(whole, "DISABLED_"))
			add_name(n, whole, strlen(whole));
	}
}

static void parse_lines(struct names *n, const char *text, size_t len)
{
	struct scan s = scan_text(text, len), line;

	while (scan_line(&s, &line)) {
		scan_blanks(&line);
		if (scan_left(&line))
			add_name(n, line.p, scan_left(&line));
	}
}

/* "  Test  #1: name" */
static void parse_ctest(struct names *n, const char *text, size_t len)
{
	struct scan s = scan_text(text, len), line;
	uint64_t number;

	while (scan_line(&s, &line)) {
		scan_blanks(&line);
		if (!scan_literal(&line, "Test"))
			continue;
		scan_blanks(&line);
		if (scan_literal(&line, "#") && scan_u64(&line, 10, &number) &&
			scan_literal(&line, ": ") && scan_left(&line))
			add_name(n, line.p, scan_left(&line));
	}
}

/* "tests/test_a.py::test_b" */
static void parse_pytest(struct names *n, const char *text, size_t len)
{
	struct scan s = scan_text(text, len), line;

	while (scan_line(&s, &line))
		if (memmem(line.p, scan_left(&line), "::", 2) &&
			!memmem(line.p, scan_left(&line), "ERROR ", 6))
			add_name(n, line.p, scan_left(&line));
}

/* One name a line; "ok  	package	0.1s" at the end. */
static void parse_go(struct names *n, const char *text, size_t len)
{
	struct scan s = scan_text(text, len), line;

	while (scan_line(&s, &line)) {
		struct scan word = line;

		if ((scan_literal(&word, "Test") || scan_literal(&word, "Example") ||
			    scan_literal(&word, "Fuzz")) &&
			!memmem(line.p, scan_left(&line), " ", 1))
			add_name(n, line.p, scan_left(&line));
	}
}

/* "module::name: test" */
static void parse_rust(struct names *n, const char *text, size_t len)
{
	static const char end[] = ": test";
	struct scan s = scan_text(text, len), line;

	while (scan_line(&s, &line))
		if (ends_with(&line, end))
			add_name(n, line.p, scan_left(&line) - strlen(end));
}

/* --- commands --- */

static void add_word(struct words *w, char *word)
{
	w->list = mem_grow(w->list, w->n, &w->cap, sizeof(*w->list));
	w->list[w->n++] = word;
}

/* Each of the special characters with a backslash before it. */
static char *escape(const char *text, const char *special)
{
	char *out = mem_alloc(2 * strlen(text) + 1), *p = out;

	for (; *text; text++) {
		if (strchr(special, *text))
			*p++ = '\\';
		*p++ = *text;
	}
	return out;
}

static void test_gtest(struct words *w, const char *test)
{
	add_word(w, mem_printf("--gtest_filter=%s", test));
}

static void test_catch(struct words *w, const char *test)
{
	add_word(w, escape(test, ",[*\\"));
}

static void test_ctest(struct words *w, const char *test)
{
	cleanup(cleanup_free) char *name = escape(test, ".[]*+?()|^$\\");

	add_word(w, mem_strdup("-R"));
	add_word(w, mem_printf("^%s$", name));
}

static void test_plain(struct words *w, const char *test)
{
	add_word(w, mem_strdup(test));
}

static void test_go(struct words *w, const char *test)
{
	add_word(w, mem_strdup("-count=1"));
	add_word(w, mem_printf("-run=^%s$", test));
}

static void test_go_binary(struct words *w, const char *test)
{
	add_word(w, mem_printf("-test.run=^%s$", test));
}

static void test_cargo(struct words *w, const char *test)
{
	add_word(w, mem_strdup("--"));
	add_word(w, mem_strdup("--exact"));
	add_word(w, mem_strdup(test));
}

static void test_rust(struct words *w, const char *test)
{
	add_word(w, mem_strdup("--exact"));
	add_word(w, mem_strdup(test));
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct each_runner runners[] = {
	{ "pytest", WORDS("pytest", "pytest-3", "py.test"), NULL, NULL,
		WORDS("--collect-only", "--verbosity=-1"), parse_pytest, test_plain, true },
	{ "pytest", WORDS("python", "python3"), "pytest", NULL,
		WORDS("--collect-only", "--verbosity=-1"), parse_pytest, test_plain, true },
	{ "ctest", WORDS("ctest"), NULL, NULL, WORDS("-N"), parse_ctest, test_ctest, false },
	{ "go test", WORDS("go"), "test", NULL, WORDS("-list=."), parse_go, test_go, false },
	{ "cargo test", WORDS("cargo"), "test", NULL,
		WORDS("-q", "--", "--list", "--format", "terse"), parse_rust, test_cargo, false },
	{ "gtest", NULL, NULL, "gtest_list_tests", WORDS("--gtest_list_tests"), parse_gtest,
		test_gtest, false },
	{ "Catch2", NULL, NULL, "list-test-names-only", WORDS("--list-test-names-only"),
		parse_lines, test_catch, false },
	{ "Go test binary", NULL, NULL, "test.testlogfile", WORDS("-test.list=."), parse_go,
		test_go_binary, false },
	{ "Rust test binary", NULL, NULL, "RUST_TEST_THREADS", WORDS("--list", "--format", "terse"),
		parse_rust, test_rust, false },
};

static bool is_command(const char *const *commands, const char *word)
{
	const char *slash = strrchr(word, '/');

	for (; *commands; commands++)
		if (!strcmp(*commands, slash ? slash + 1 : word))
			return true;
	return false;
}

static bool has_word(char *const *argv, const char *word)
{
	while (*++argv)
		if (!strcmp(*argv, word))
			return true;
	return false;
}

const struct each_runner *each_find(char *const *argv, const char *executable, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(runners); i++) {
		const struct each_runner *r = &runners[i];

		if (r->commands && !is_command(r->commands, argv[0]))
			continue;
		if (r->word && !has_word(argv, r->word))
			continue;
		if (r->marker && !memmem(executable, len, r->marker, strlen(r->marker)))
			continue;
		return r;
	}
	return NULL;
}

const char *each_name(const struct each_runner *r)
{
	return r->name;
}

char **each_parse(const struct each_runner *r, const char *text, size_t len, size_t *ret_n)
{
	struct names names = { 0 };

	r->parse(&names, text, len);
	*ret_n = names.n;
	return names.list;
}

/* A test that is named by its path replaces the paths of the command; its program is none. */
static bool is_dropped(const struct each_runner *r, char *const *argv, size_t i)
{
	return r->drops_paths && i > 0 && argv[i][0] != '-' && strcmp(argv[i], "pytest") != 0 &&
	       access(argv[i], F_OK) == 0;
}

char **each_argv(const struct each_runner *r, char *const *argv, const char *test)
{
	struct words w = { 0 };

	for (size_t i = 0; argv[i]; i++)
		if (!test || !is_dropped(r, argv, i))
			add_word(&w, mem_strdup(argv[i]));
	for (const char *const *word = r->list; !test && *word; word++)
		add_word(&w, mem_strdup(*word));
	if (test)
		r->add_test(&w, test);
	add_word(&w, NULL);
	return w.list;
}

void each_argv_done(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

/* --- all of it --- */

static const struct each_runner *find_by_file(char *const *argv)
{
	cleanup(cleanup_free) char *path = target_program_path(argv[0]);
	cleanup(cleanup_close) int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	const struct each_runner *r;
	struct stat st;
	char *bytes;

	if (fd < 0 || fstat(fd, &st) < 0 || !st.st_size)
		return each_find(argv, "", 0);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return each_find(argv, "", 0);
	r = each_find(argv, bytes, (size_t)st.st_size);
	munmap(bytes, (size_t)st.st_size);
	return r;
}

static int add_tests(struct target_list *l, const struct each_runner *r, char *const *argv,
	const char *name, char **tests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char **one = each_argv(r, argv, tests[i]);
		cleanup(cleanup_free) char *called =
			name ? mem_printf("%s/%s", name, tests[i]) : mem_strdup(tests[i]);
		int error = target_add_program(l, one, name ? called : NULL);

		each_argv_done(one);
		if (error < 0)
			return error;
		free(l->targets[l->n - 1].name);
		l->targets[l->n - 1].name = mem_strdup(called);
	}
	return (int)n;
}

int each_add(struct target_list *l, char *const *argv, const char *name, char **ret_why)
{
	const struct each_runner *r = find_by_file(argv);
	char **list, **tests;
	size_t len, n = 0;
	char *text;
	int error;

	if (!r) {
		*ret_why = mem_strdup(
			"no test runner that --each knows (gtest, Catch2, ctest, pytest, go test, cargo test)");
		return -1;
	}
	list = each_argv(r, argv, NULL);
	error = ask_program(list, LIST_LIMIT_NS, &text, &len);
	each_argv_done(list);
	if (error < 0) {
		*ret_why = mem_printf("%s does not list its tests: %s", r->name, strerror(-error));
		return -1;
	}
	tests = each_parse(r, text, len, &n);
	error = add_tests(l, r, argv, name, tests, n);
	if (error <= 0)
		*ret_why = n ? mem_printf("cannot execute: %s", strerror(-error))
			     : mem_printf("%s lists no test", r->name);
	for (size_t i = 0; i < n; i++)
		free(tests[i]);
	free(tests);
	free(text);
	return error > 0 ? error : -1;
}
