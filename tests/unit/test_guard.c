/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The judge of a guarded command: samples and proofs in, verdicts out. */
#include <criterion/criterion.h>
#include <sys/wait.h>

#include "runner/guard/judge.h"
#include "runner/guard/watch.h"
#include "runner/proc/usage.h"
#include "runner/base/util.h"

TestSuite(guard, .timeout = 30);

#define S NSEC_PER_SEC
#define TEXT(s) s, sizeof(s) - 1

static const struct guard_limits limits = {
	.grace_ns = 60 * S,
	.stall_ns = 600 * S,
};

static struct guard_judge judge_of(const struct guard_limits *l)
{
	struct guard_judge j;

	guard_judge_init(&j, l, 0);
	return j;
}

/* Quiet samples each second from `from` to `to`; the first verdict that is not fine. */
static enum guard_verdict stay_quiet(
	struct guard_judge *j, int64_t from, int64_t to, uint64_t stuck, int64_t *ret_at)
{
	for (int64_t t = from; t <= to; t++) {
		struct guard_sample s = { .at_ns = t * S, .who = 7 };
		struct guard_proof p = { .at_ns = t * S, .stuck = stuck };
		enum guard_verdict v;

		guard_judge_sample(j, &s);
		guard_judge_proof(j, &p);
		v = guard_judge_verdict(j, t * S);
		*ret_at = t;
		if (v != GUARD_FINE)
			return v;
	}
	return GUARD_FINE;
}

Test(guard, proof_of_the_whole_is_at_once)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_proof p = { .at_ns = S, .whole = true, .stuck = 3 };

	cr_assert_eq(guard_judge_verdict(&j, S), GUARD_FINE);
	guard_judge_proof(&j, &p);
	cr_assert_eq(guard_judge_verdict(&j, S), GUARD_PROVEN);
}

Test(guard, part_stuck_after_the_grace_period)
{
	struct guard_judge j = judge_of(&limits);
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 300, 3, &at), GUARD_PART_STUCK);
	cr_assert_eq(at, 61);
}

Test(guard, another_part_starts_anew)
{
	struct guard_judge j = judge_of(&limits);
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 50, 3, &at), GUARD_FINE);
	cr_assert_eq(stay_quiet(&j, 51, 300, 4, &at), GUARD_PART_STUCK);
	cr_assert_eq(at, 111);
}

Test(guard, progress_of_the_rest_starts_anew)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_sample busy = { .at_ns = 51 * S, .who = 7, .cpu_ns = S };
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 50, 3, &at), GUARD_FINE);
	guard_judge_sample(&j, &busy);
	for (int64_t t = 52; t < 110; t++) {
		struct guard_sample s = { .at_ns = t * S, .who = 7, .cpu_ns = S };
		struct guard_proof p = { .at_ns = t * S, .stuck = 3 };

		guard_judge_sample(&j, &s);
		guard_judge_proof(&j, &p);
		cr_assert_eq(guard_judge_verdict(&j, t * S), GUARD_FINE, "at %d s", (int)t);
	}
}

Test(guard, a_part_without_a_recent_proof_is_none)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_sample s = { .who = 7 };
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 30, 3, &at), GUARD_FINE);
	for (s.at_ns = 31 * S; s.at_ns < 200 * S; s.at_ns += S) {
		guard_judge_sample(&j, &s);
		if (s.at_ns > 90 * S)
			cr_assert_eq(guard_judge_verdict(&j, s.at_ns), GUARD_FINE);
	}
}

Test(guard, main_thread_stuck_for_the_grace_period_while_others_run)
{
	struct guard_judge j = judge_of(&limits);

	for (int64_t t = 1; t <= 200; t++) {
		struct guard_sample s = { .at_ns = t * S, .cpu_ns = t * S };
		struct guard_proof p = { .at_ns = t * S, .stuck = (uint64_t)t, .main = t != 100 };

		guard_judge_sample(&j, &s);
		guard_judge_proof(&j, &p);
		if (t < 61 || (t >= 100 && t < 161))
			cr_assert_eq(guard_judge_verdict(&j, t * S), GUARD_FINE, "at %d s", (int)t);
		else
			cr_assert_eq(guard_judge_verdict(&j, t * S), GUARD_PART_STUCK, "at %d s",
				(int)t);
	}
}

Test(guard, a_busy_tree_is_probed_some_times_in_each_grace_period)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_sample s = { .at_ns = S };

	cr_assert_eq(guard_judge_part_interval_ns(&j, S), 0, "nothing is known yet");
	guard_judge_sample(&j, &s);
	cr_assert_eq(guard_judge_part_interval_ns(&j, S), limits.grace_ns / 8);
	cr_assert_eq(guard_judge_part_interval_ns(&j, 3 * S), 3 * S);
}

Test(guard, stalled_once_for_each_quiet_period)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_sample busy = { .at_ns = 1300 * S, .who = 8 };
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 2000, 0, &at), GUARD_STALLED);
	cr_assert_eq(at, 600);
	cr_assert_eq(stay_quiet(&j, 601, 1299, 0, &at), GUARD_FINE);
	guard_judge_sample(&j, &busy);
	cr_assert_eq(stay_quiet(&j, 1301, 3000, 0, &at), GUARD_STALLED);
	/* The process that came has gone again: that is progress, too. */
	cr_assert_eq(at, 1901);
}

Test(guard, a_stuck_part_is_told_rather_than_a_stall)
{
	const struct guard_limits same = { .grace_ns = 60 * S, .stall_ns = 60 * S };
	struct guard_judge j = judge_of(&same);
	int64_t at;

	/* The part is seen to be stuck later than the tree is quiet. */
	cr_assert_eq(stay_quiet(&j, 1, 10, 0, &at), GUARD_FINE);
	cr_assert_eq(stay_quiet(&j, 11, 200, 5, &at), GUARD_PART_STUCK);
	cr_assert_eq(at, 71);
}

Test(guard, a_part_that_is_never_proven_long_enough_is_a_stall)
{
	const struct guard_limits same = { .grace_ns = 60 * S, .stall_ns = 60 * S };
	struct guard_judge j = judge_of(&same);
	int64_t at;

	for (int64_t t = 0; t < 60; t++)
		cr_assert_eq(stay_quiet(&j, t, t, (uint64_t)t + 1, &at), GUARD_FINE);
	cr_assert_eq(stay_quiet(&j, 60, 60, 0, &at), GUARD_STALLED);
}

Test(guard, late)
{
	struct guard_limits l = { .max_ns = 5 * S };
	struct guard_judge j = judge_of(&l);

	cr_assert_eq(guard_judge_verdict(&j, 5 * S - 1), GUARD_FINE);
	cr_assert_eq(guard_judge_verdict(&j, 5 * S), GUARD_LATE);
}

Test(guard, nothing_is_judged_without_limits)
{
	struct guard_limits none = { 0 };
	struct guard_judge j = judge_of(&none);
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 100000, 3, &at), GUARD_FINE);
	cr_assert_eq(guard_judge_part_interval_ns(&j, 100000 * S), 0);
}

Test(guard, what_counts_as_progress)
{
	static const struct {
		struct guard_sample next; /* 10 s after one of zeros */
		bool progress;
	} cases[] = {
		{ { .at_ns = 10 * S }, false },
		{ { .at_ns = 10 * S, .cpu_ns = 50 * NSEC_PER_MSEC }, false }, /* 0.5 % */
		{ { .at_ns = 10 * S, .cpu_ns = 60 * NSEC_PER_MSEC }, true },
		{ { .at_ns = 10 * S, .bytes = 2560 }, false },
		{ { .at_ns = 10 * S, .bytes = 2561 }, true },
		{ { .at_ns = 10 * S, .who = 1 }, true },
		{ { .at_ns = 10 * S, .cpu_ns = -1 }, true }, /* somebody has gone */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct guard_judge j = judge_of(&limits);
		struct guard_sample zero = { 0 };

		guard_judge_sample(&j, &zero);
		guard_judge_sample(&j, &cases[i].next);
		cr_assert_eq(j.progress_ns == 10 * S, cases[i].progress, "case %zu", i);
	}
}

Test(guard, time_stopped_is_no_time_without_progress)
{
	struct guard_judge j = judge_of(&limits);
	int64_t at;

	cr_assert_eq(stay_quiet(&j, 1, 599, 0, &at), GUARD_FINE);
	guard_judge_resume(&j, 10000 * S);
	cr_assert_eq(stay_quiet(&j, 10001, 10599, 0, &at), GUARD_FINE);
	cr_assert_eq(stay_quiet(&j, 10600, 10700, 0, &at), GUARD_STALLED);
}

/* The clock jumps over the whole limit between two looks at a command that sleeps. */
Test(guard, a_suspended_machine_is_no_stall)
{
	const struct guard_limits stall = { .stall_ns = 600 * S };
	const int64_t begun = time_now_ns();
	struct guard_watch w;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	cr_assert_gt(pid, 0);
	guard_watch_init(&w, pid, &stall, false, begun);
	cr_expect_eq(guard_watch_look(&w, w.next_ns), GUARD_FINE);
	cr_expect_eq(guard_watch_look(&w, begun + 5000 * S), GUARD_FINE);
	guard_watch_done(&w);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

Test(guard, sample_interval)
{
	struct guard_judge j = judge_of(&limits);
	struct guard_limits none = { 0 }, fast = { .stall_ns = S };

	cr_assert_eq(guard_judge_sample_interval_ns(&j), 3 * S);
	j = judge_of(&none);
	cr_assert_eq(guard_judge_sample_interval_ns(&j), 15 * S);
	j = judge_of(&fast);
	cr_assert_eq(guard_judge_sample_interval_ns(&j), 100 * NSEC_PER_MSEC);
}

static const char stat_text[] =
	"4711 (a) R 1 (b) S 12 4711 300 34816 4711 4194304 99 500 0 0 7 5 11 2 20 0 3 0 123456 "
	"9 8 7";

Test(guard, usage)
{
	struct procfs_usage u;

	cr_assert_eq(procfs_parse_usage(TEXT(stat_text), &u), 0);
	cr_assert_eq(u.state, 'S');
	cr_assert_eq(u.ppid, 12);
	cr_assert_eq(u.session, 300);
	cr_assert_eq(u.cpu_ticks, 25);
	cr_assert_eq(u.start_time, 123456);
	for (size_t n = 0; n < 70; n++)
		cr_assert_lt(procfs_parse_usage(stat_text, n, &u), 0, "%zu bytes", n);
}

Test(guard, io)
{
	uint64_t bytes = 0;

	cr_assert_eq(procfs_parse_io(TEXT("rchar: 100\nwchar: 23\nsyscr: 5\n"), &bytes), 0);
	cr_assert_eq(bytes, 123);
	cr_assert_lt(procfs_parse_io(TEXT("rchar: 100\n"), &bytes), 0);
	cr_assert_lt(procfs_parse_io(TEXT(""), &bytes), 0);
	cr_assert_eq(bytes, 123);
}
