/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/inject_run.h"

#include "runner/inject/program.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static struct record_counters run(const char *below, const char *rules, enum arm arm)
{
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *argv[] = { path, NULL };

	return inject_run_argv(rules, arm, argv);
}

static void delays_functions(const char *below)
{
	struct record_counters r = run(below,
		"func:fork:delay_enter=1ms;func:write:delay_exit=0..20us,p=0.5;"
		"func:malloc:delay_enter=exp(10us),when=5+",
		ARM_INJECTED);

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(eq(u64, r.armed, 3));
	cr_expect(r.passed > 100);
	cr_expect(r.fired > 4 && r.fired < r.passed);
	cr_expect(r.delay_ns >= 4000000);
	free(r.note);
}

Test(inject_preload, delays_functions_of_glibc)
{
	delays_functions("glibc/targets/inject_forksafe");
}

Test(inject_preload, delays_functions_of_musl)
{
	delays_functions("musl/targets/inject_forksafe");
}

/* Without forks: those of libasan 8 leave its allocator's locks to the child as they were, and any
 * fork beside threads that allocate may hang without us. */
Test(inject_preload, works_under_asan)
{
	char *path cleanup(cleanup_free) = inject_run_path("glibc/targets/inject_asan");
	char *argv[] = { path, "0", NULL };
	struct record_counters r = inject_run_argv(
		"func:pthread_join:delay_enter=1ms;func:pthread_create:delay_exit=1ms",
		ARM_INJECTED, argv);

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(eq(u64, r.armed, 2));
	cr_expect(eq(u64, r.fired, 8));
	free(r.note);
}

/* Of main, which takes no lock, one that takes it ten times, and another. */
static void delays_one_thread(const char *below)
{
	char *path cleanup(cleanup_free) = inject_run_path(below);
	char *argv[] = { path, "ok", NULL };
	struct record_counters one = inject_run_argv(
		"func:pthread_mutex_lock:delay_enter=10us,thread=2,when=3+", ARM_INJECTED, argv);
	struct record_counters first = inject_run_argv(
		"func:pthread_mutex_lock:delay_enter=10us,thread=1", ARM_INJECTED, argv);

	cr_expect(eq(u64, one.passed, 10));
	cr_expect(eq(u64, one.fired, 8));
	cr_expect(eq(u64, first.passed, 0));
	free(one.note);
	free(first.note);
}

Test(inject_preload, delays_one_thread_of_glibc)
{
	delays_one_thread("glibc/targets/race_stack");
}

Test(inject_preload, delays_one_thread_of_musl)
{
	delays_one_thread("musl/targets/race_stack");
}

Test(inject_preload, null_arm_asks_and_sleeps_nothing)
{
	struct record_counters r =
		run("glibc/targets/inject_forksafe", "func:write:delay_enter=1h", ARM_NULL);

	cr_expect(eq(u64, r.trials, 1));
	cr_expect(r.passed > 0);
	cr_expect(eq(u64, r.fired, 0));
	cr_expect(eq(u64, r.delay_ns, 0));
}

/* Nothing that was never loaded may look like evidence. */
Test(inject_preload, leaves_out_a_static_program)
{
	char *path cleanup(cleanup_free) = inject_run_path("musl/targets/inject_static");
	struct inject_target target = { .exe = path };
	struct inject_spec spec = { 0 };
	struct inject *inject;
	char *error = NULL;

	cr_assert(eq(int, inject_parse("func:write:delay_enter=1ms", 26, &spec, &error), 0));
	cr_assert(eq(int, inject_new(&spec, &target, ARM_INJECTED, &inject, &error), 0));
	cr_expect(eq(uint, inject_engines(inject), 0));
	cr_assert(inject_note(inject) != NULL);
	cr_expect(strstr(inject_note(inject), "is static") != NULL, "%s", inject_note(inject));
	inject_free(inject);
	inject_spec_done(&spec);
}

/* A dynamic program that only executes a static one: our library came and went. */
Test(inject_preload, says_that_nothing_fired)
{
	char *argv[] = { "/bin/true", NULL };
	struct record_counters counters;
	struct inject_run r;
	char *note;

	inject_run_start(&r, "func:popen:delay_enter=1ms", ARM_INJECTED, argv);
	cr_expect(eq(int, inject_run_serve(&r), 0));
	inject_trial_finish(r.trial, false, &counters);
	note = mem_strdup(inject_note(r.inject));
	cr_expect(eq(u64, counters.trials, 1));
	cr_expect(eq(str, note, "preload: fired nothing in 1 trials"));
	inject_free(r.inject);
	free(note);
}

Test(inject_preload, a_scenario_function_cannot_be_left_where_it_jumps)
{
	struct inject_target target = { .exe = "/bin/true" };
	struct inject_spec spec = { 0 };
	struct inject *inject;
	char *error = NULL;

	cr_assert(eq(int, inject_parse("func:vfork:delay_exit=1ms", 25, &spec, &error), 0));
	cr_assert(lt(int, inject_new(&spec, &target, ARM_INJECTED, &inject, &error), 0));
	cr_expect(
		eq(str, error, "'vfork': this function can only be delayed before: no delay_exit"));
	free(error);
	inject_spec_done(&spec);
}

Test(inject_preload, programs_of_every_kind)
{
	static const struct {
		const char *below;
		enum inject_libc libc;
		const char *runtime;
	} rows[] = {
		{ "glibc/targets/inject_forksafe", INJECT_LIBC_GLIBC, NULL },
		{ "musl/targets/inject_forksafe", INJECT_LIBC_MUSL, NULL },
		{ "musl/targets/inject_static", INJECT_LIBC_STATIC, NULL },
		{ "glibc/targets/inject_asan", INJECT_LIBC_GLIBC, "libasan.so.8" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *path cleanup(cleanup_free) = inject_run_path(rows[i].below);
		struct inject_program p;

		cr_assert(eq(int, inject_program_read(path, &p), 0), "%s", path);
		cr_expect(eq(int, p.libc, rows[i].libc), "%s", path);
		if (rows[i].runtime)
			cr_expect(eq(str, p.runtime, (char *)rows[i].runtime));
		else
			cr_expect(p.runtime == NULL);
		inject_program_done(&p);
	}
}

/* Cut anywhere, a file is refused or read, never overrun (run under a sanitizer). */
Test(inject_preload, truncated_programs)
{
	char *data cleanup(cleanup_free) = mem_alloc(1 << 14);
	FILE *f = fopen("/bin/true", "r");
	size_t n = fread(data, 1, 1 << 14, f);

	fclose(f);
	for (size_t len = 0; len < n; len += 7) {
		char *exact = mem_alloc(len);
		struct inject_program p = { 0 };

		memcpy(exact, data, len);
		inject_program_parse(exact, len, &p);
		inject_elf_find_function(exact, len, "malloc");
		inject_program_done(&p);
		free(exact);
	}
	cr_expect(n > 1000);
}
