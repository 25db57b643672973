/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

/* The canonical text, or the error. */
static char *canonical(const char *text)
{
	struct inject_spec spec = { 0 };
	char *s = NULL;

	if (inject_parse(text, strlen(text), &spec, &s) == 0)
		s = inject_spec_format(&spec);
	inject_spec_done(&spec);
	return s;
}

static void expect(const char *text, const char *want)
{
	char *got cleanup(cleanup_free) = canonical(text);

	cr_expect(eq(str, got, (char *)want), "%s", text);
}

Test(inject_spec, canonical_text)
{
	expect("read:delay_enter=1000us", "read:delay_enter=1ms");
	expect("func:read:delay_exit=1.5ms,delay_enter=0",
		"func:read:delay_enter=0,delay_exit=1500us");
	expect("%file:delay_enter=0..5ms,p=25%,when=3+", "%file:delay_enter=0..5ms,p=0.25,when=3+");
	expect("syscall:write:delay_enter=exp(1ms),when=2+1",
		"syscall:write:delay_enter=exp(1ms),when=2+");
	expect("point:holding-registry:delay_enter=1ms,when=7",
		"point:holding-registry:delay_enter=1ms,when=7");
	expect("a:delay_enter=1ms,when=2+3", "a:delay_enter=1ms,when=2+3");
	expect("a:delay_enter=1ms,when=1+,p=1", "a:delay_enter=1ms");
	expect("a,%memory:delay_enter=1234567ns;trap",
		"a:delay_enter=1234567ns;%memory:delay_enter=1234567ns;trap");
	expect("auto", "auto");
	expect("schedule", "schedule");
	expect("schedule:p=0.5,changes=2,seed=18446744073709551615,steps=40",
		"schedule:changes=2,steps=40,p=0.5,seed=18446744073709551615");
	expect("wake:p=30%;window:seed=1", "wake:p=0.3;window:seed=1");
	expect("a:seed=3,delay_enter=1ms,p=0.1", "a:delay_enter=1ms,p=0.1,seed=3");
	expect("func:trap:delay_enter=1s", "func:trap:delay_enter=1s");
	expect("a:delay_enter=5ms..5ms", "a:delay_enter=5ms");
	expect("a:delay_enter=1ms,p=0.000001", "a:delay_enter=1ms,p=0.000001");
}

Test(inject_spec, errors_quote_the_place)
{
	expect("", "at column 1: '': a place to inject was expected");
	expect("read", "at column 1: 'read': has neither delay_enter nor delay_exit");
	expect("read,func,a:delay_enter=1ms",
		"at column 6: 'func': a prefix, which needs a name behind it");
	expect("read:dely_enter=5ms",
		"at column 6: 'dely_enter': no such option (delay_enter, delay_exit, p, when, thread, seed; of schedule: changes, steps)");
	expect("read:delay_enter", "at column 6: 'delay_enter': has no value");
	expect("read:delay_enter=5",
		"at column 18: '5': not a delay such as 500us, 0..5ms or exp(1ms), at most 1h");
	expect("a:delay_enter=1ms;b:delay_enter=5ms..1ms",
		"at column 33: '5ms..1ms': not a delay such as 500us, 0..5ms or exp(1ms), at most "
		"1h");
	expect("a:delay_enter=1ms,delay_enter=2ms", "at column 19: 'delay_enter': given twice");
	expect("a:delay_enter=1ms,p=2",
		"at column 21: '2': not a probability in [0,1], in steps of 0.000001");
	expect("a:delay_enter=1ms,when=0", "at column 24: '0': not a count such as 3, 3+ or 3+2");
	expect("a:delay_enter=1ms,when=3+0",
		"at column 24: '3+0': not a count such as 3, 3+ or 3+2");
	expect("wake:delay_enter=1ms",
		"at column 1: 'wake:delay_enter=1ms': takes p and seed, no delay");
	expect("a:delay_enter=1ms,changes=2",
		"at column 1: 'a:delay_enter=1ms,changes=2': changes and steps are options of schedule");
	expect("schedule:changes=17", "at column 18: '17': not a number of changes, 0 to 16");
	expect("%disk:delay_enter=1ms",
		"at column 1: '%disk': no such class of system calls (" INJECT_CLASSES ")");
	expect("syscall:read:delay_exit=1ms",
		"at column 1: 'syscall:read:delay_exit=1ms': " INJECT_NO_EXIT);
	expect("point:a:delay_exit=1ms",
		"at column 1: 'point:a:delay_exit=1ms': " INJECT_NO_LEAVING);
	expect("trap:delay_enter=1ms", "at column 1: 'trap:delay_enter=1ms': takes no options");
	expect("a b:delay_enter=1ms", "at column 2: ' b:delay_enter=1ms': not expected here");
	expect("a:delay_enter=1ms;", "at column 19: '': a place to inject was expected");
	expect("syscall:read:delay_enter=1ms,thread=1",
		"at column 1: 'syscall:read:delay_enter=1ms,thread=1': thread is for interposed functions only");
	expect("read:delay_enter=1ms,thread=0",
		"at column 29: '0': not the number of a thread, 1 to 4294967295");
	expect("a\n:delay_enter=1ms", "at column 2: '?:delay_enter=1ms': not expected here");
	expect("a:delay_enter=2h",
		"at column 15: '2h': not a delay such as 500us, 0..5ms or exp(1ms), at most 1h");
}

Test(inject_spec, an_error_leaves_the_spec_alone)
{
	struct inject_spec spec = { 0 };
	char *error = NULL;

	cr_assert(eq(int, inject_parse("a:delay_enter=1ms", 17, &spec, &error), 0));
	cr_assert(lt(int, inject_parse("b:delay_enter=1ms;c", 19, &spec, &error), 0));
	cr_expect(eq(sz, spec.n_rules, 1));
	free(error);
	inject_spec_done(&spec);
}

Test(inject_spec, what_the_target_reads)
{
	static const char text[] = "point:a:delay_enter=0..5ms,p=0.5;"
				   "func:read:delay_enter=1ms,delay_exit=exp(2us),when=3+2;"
				   "func:write:delay_enter=1us,thread=2;trap";
	struct inject_spec spec = { 0 };
	char *error = NULL, *points, *funcs, *null;

	cr_assert(eq(int, inject_parse(text, strlen(text), &spec, &error), 0));
	points = inject_spec_encode(&spec, INJECT_POINT, false);
	funcs = inject_spec_encode(&spec, INJECT_FUNC, false);
	null = inject_spec_encode(&spec, INJECT_FUNC, true);
	cr_expect(eq(str, points, "a,u,0,5000000,0.5,1,1;"));
	cr_expect(eq(str, funcs,
		"read,f,1000000,1000000,1,3,2,0;read/exit,e,2000,2000,1,3,2,0;"
		"write,f,1000,1000,1,1,1,2;"));
	cr_expect(eq(str, null, "read,f,0,0,1,3,2,0;read/exit,e,0,0,1,3,2,0;write,f,0,0,1,1,1,2;"));
	free(points);
	free(funcs);
	free(null);
	inject_spec_done(&spec);
}

Test(inject_spec, levels_of_a_knob)
{
	struct inject_spec spec = { 0 };
	char *error = NULL, *text;

	cr_assert(eq(int, inject_spec_add_point(&spec, "holding", "10ms", &error), 0));
	cr_assert(lt(int, inject_spec_add_point(&spec, "holding", "10", &error), 0));
	text = inject_spec_format(&spec);
	cr_expect(eq(str, text, "point:holding:delay_enter=10ms"));
	cr_expect(eq(u64, inject_delay_mean_ns(&spec.rules[0].enter), 10000000));
	free(text);
	free(error);
	inject_spec_done(&spec);
}

/* Draws follow the rule, and the same seed draws the same. */
Test(inject_spec, draws)
{
	struct inject_rule r = {
		.has_enter = true,
		.enter = { INJECT_UNIFORM, 1000, 3000 },
		.p_ppm = INJECT_PPM / 4,
		.from = 3,
		.step = 2,
	};
	unsigned int fired = 0;
	double sum = 0;

	cr_expect(eq(u64, inject_rule_draw_ns(&r, 1, 0, 1), 0));
	cr_expect(eq(u64, inject_rule_draw_ns(&r, 1, 0, 4), 0));
	for (uint64_t n = 3; n < 40003; n += 2) {
		uint64_t ns = inject_rule_draw_ns(&r, 1, 0, n);

		cr_assert(eq(u64, ns, inject_rule_draw_ns(&r, 1, 0, n)));
		if (!ns)
			continue;
		cr_assert(ns >= 1000 && ns <= 3000);
		fired++;
		sum += (double)ns;
	}
	/* 20000 draws: 5 standard deviations are 306 and 41 ns. */
	cr_expect(fired > 4694 && fired < 5306, "%u", fired);
	cr_expect(sum / fired > 1959 && sum / fired < 2041, "%f", sum / fired);
}
