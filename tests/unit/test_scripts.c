/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interpreters of Perl's and PHP's memory, on what was recorded (tests/fuzz/record.c) from
 * Perl 5.36 in tests/languages/perl/open3.pl and from PHP 8.2 in tests/languages/php/proc_open.php.
 */
#include "runner/explain/perl/perl.h"
#include "runner/explain/php/php.h"
#include "tests/fuzz/recording.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

TestSuite(explain_scripts);

static uint8_t data[1 << 16];
static struct recording played;
static struct peek m = { recording_read, &played };

static void play(const char *name)
{
	char path[128];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/%s", name);
	f = fopen(path, "re");
	cr_assert(f, "%s", path);
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	cr_assert_eq(recording_open(&played, data, n), 0);
}

static void expect_frames(struct language_stack *stack, const char *const *want, size_t n)
{
	cr_assert_eq(stack->n, n, "%zu frames", stack->n);
	for (size_t i = 0; i < n; i++) {
		char *text = language_frame_text(&stack->frames[i]);

		cr_expect_str_eq(text, want[i]);
		free(text);
	}
	language_stack_done(stack);
}

/* Writes over what was recorded there. */
static void put_u32(uint64_t address, uint32_t value)
{
	for (size_t i = 0; i < played.n; i++) {
		struct recording_piece *p = &played.pieces[i];

		if (address >= p->address && address + sizeof(value) <= p->address + p->n)
			memcpy(data + (p->bytes - data) + (address - p->address), &value,
				sizeof(value));
	}
}

static struct perl_world perl(void)
{
	struct perl_world w = { 0 };

	play("perl/5.36");
	memcpy(&w, played.head.facts, sizeof(played.head.facts));
	return w;
}

Test(explain_scripts, frames_of_perl)
{
	static const char *const want[] = { "finish (open3.pl:15)", "run (open3.pl:21)",
		"<module> (open3.pl:26)" };
	struct language_stack stack = { 0 };
	struct perl_world w = perl();

	perl_read_frames(&m, &w, &stack);
	expect_frames(&stack, want, ARRAY_SIZE(want));
}

Test(explain_scripts, what_runs_no_statement_of_perl_is_none)
{
	struct language_stack stack = { 0 };
	struct perl_world w = perl();

	w.nextstate = w.dbstate = 0x1000;
	perl_read_frames(&m, &w, &stack);
	cr_expect_eq(stack.n, 0);
}

Test(explain_scripts, frames_of_php)
{
	static const char *const want[] = { "stream_get_contents", "Job::finish (proc_open.php:13)",
		"{closure} (proc_open.php:19)", "array_map", "<module> (proc_open.php:20)" };
	struct language_stack stack = { 0 };

	play("php/8.2");
	php_read_frames(&m, played.head.facts[0], &stack);
	cr_expect(stack.frames[0].library);
	expect_frames(&stack, want, ARRAY_SIZE(want));
}

/* An instruction behind the last of its function: a layout that does not fit, or a frame that
 * changes.
 */
Test(explain_scripts, an_instruction_beyond_its_function_of_php_is_none)
{
	enum { CURRENT = 488, FUNCTION = 24, PREVIOUS = 48, LAST = 80 };
	struct language_stack stack = { 0 };
	uint64_t frame;

	play("php/8.2");
	frame = peek_pointer(&m, peek_pointer(&m, played.head.facts[0] + CURRENT) + PREVIOUS);
	cr_assert(frame);
	put_u32(peek_pointer(&m, frame + FUNCTION) + LAST, 0);
	php_read_frames(&m, played.head.facts[0], &stack);
	cr_expect_eq(stack.n, 0, "%zu frames", stack.n);
}
