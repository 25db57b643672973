/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hangrate lint` on programs of which the truth is known. */
#include "tests/unit/inject_run.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/wait.h>

/* What is found, is found at once; then the program may hang until the time is over. Exit status;
 * everything it wrote in *ret_output, which the caller frees. */
static int lint(const char *command, const char *timeout, char **ret_output)
{
	char *hangrate cleanup(cleanup_free) = inject_run_path("hangrate");
	char *line cleanup(cleanup_free) =
		mem_printf("'%s' lint --timeout %s -- %s 2>&1", hangrate, timeout, command);
	FILE *f = popen(line, "r");
	char *output = mem_alloc(1 << 16);
	int status;

	cr_assert(f != NULL);
	output[fread(output, 1, (1 << 16) - 1, f)] = '\0';
	status = pclose(f);
	*ret_output = output;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void finds(const char *below, const char *arguments, const char *what)
{
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *command cleanup(cleanup_free) = mem_printf("'%s' %s", path, arguments);
	char *output cleanup(cleanup_free) = NULL;

	cr_expect(eq(int, lint(command, "3s", &output), 1), "%s: %s", command, output);
	cr_expect(strstr(output, what) != NULL, "%s: %s", command, output);
}

static void is_silent(const char *command)
{
	char *output cleanup(cleanup_free) = NULL;

	cr_expect(eq(int, lint(command, "20s", &output), 0), "%s: %s", command, output);
	/* It only says what it watched. */
	cr_expect(strstr(output, "the child") == NULL, "%s: %s", command, output);
	cr_expect(strstr(output, "lint: watched") || strstr(output, "lint: nothing to watch"),
		"%s: %s", command, output);
}

static void scenario_is_silent(const char *below, const char *arguments)
{
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *command cleanup(cleanup_free) = mem_printf("'%s' %s", path, arguments);

	is_silent(command);
}

Test(lint, names_the_lock_and_where_the_other_thread_takes_it)
{
	finds("glibc/targets/inject_rare_mutex", "", "the child takes lock (pthread_mutex_lock)");
	finds("glibc/targets/inject_rare_mutex", "", "in keep (");
	finds("musl/targets/inject_rare_mutex", "", "the child takes lock (pthread_mutex_lock)");
}

Test(lint, names_the_unsafe_call_with_its_stack)
{
	finds("glibc/targets/inject_file_lock", "", "the child calls fflush");
	finds("glibc/targets/inject_file_lock", "", "main (tests/targets/inject_file_lock.c:");
	finds("musl/targets/inject_file_lock", "", "the child calls fflush");
}

Test(lint, names_the_lock_of_the_forking_thread)
{
	finds("glibc/scenarios/mutex-before-fork", "--run fork", "the thread that forked held");
}

/* No fork() was called: the child's memory tells. */
Test(lint, sees_a_child_of_raw_clone)
{
	/* Several times: the parent's other thread may be gone when the child is asked. */
	for (int i = 0; i < 5; i++)
		finds("musl/scenarios/malloc-lock", "--run raw", "the child calls malloc");
#ifndef __SANITIZE_ADDRESS__ /* the scenario then has its malloc, which the preload doesn't see */
	finds("glibc/scenarios/malloc-lock", "--run raw", "the child calls malloc");
#endif
}

Test(lint, is_silent_on_cures)
{
	static const char *const rows[][2] = {
		{ "mutex-held", "atfork" },
		{ "mutex-held", "exec" },
		{ "mutex-held", "posix_spawn" },
		{ "mutex-before-fork", "unlock-first" },
		{ "malloc-lock", "posix_spawn" },
		{ "setenv-lock", "atfork" },
		{ "popen-lock", "atfork" },
		{ "stdio-lock", "write" },
		{ "stdio-lock", "atfork" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *glibc cleanup(cleanup_free) = mem_printf("glibc/scenarios/%s", rows[i][0]);
		char *musl cleanup(cleanup_free) = mem_printf("musl/scenarios/%s", rows[i][0]);
		char *run cleanup(cleanup_free) = mem_printf("--run %s", rows[i][1]);

		scenario_is_silent(glibc, run);
		scenario_is_silent(musl, run);
	}
}

Test(lint, is_silent_on_fork_and_exec)
{
	is_silent("python3 -c 'import subprocess; subprocess.run([\"true\"])'");
	is_silent("sh -c 'true | cat; (exit 0); true & wait'");
}

Test(lint, what_cannot_be_watched_is_said)
{
	char *path cleanup(cleanup_free) = inject_run_path("musl/targets/inject_static");
	char *quoted cleanup(cleanup_free) = NULL;
	char *output cleanup(cleanup_free) = NULL, *again cleanup(cleanup_free) = NULL;

	quoted = mem_printf("'%s'", path);
	cr_expect(eq(int, lint(quoted, "3s", &output), 3));
	cr_expect(strstr(output, "is static") != NULL, "%s", output);
	cr_expect(eq(int, lint("/nonexistent/program", "3s", &again), 3));
	cr_expect(strstr(again, "'/nonexistent/program': cannot exec") != NULL, "%s", again);
}
