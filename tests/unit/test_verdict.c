/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/util.h"
#include "runner/trial/verdict.h"

#include <criterion/criterion.h>
#include <signal.h>

#define EXITED(code) ((code) << 8) /* as waitpid(2) encodes it */
#define KILLED(sig) (sig)

static const struct target scenario = { .skip_status = 77, .broken_status = 99 };
static const struct target program = { .skip_status = -1, .broken_status = -1 };

Test(verdict, table)
{
	static const struct {
		struct trial_over over;
		enum verdict verdict;
		bool false_proof;
	} cases[] = {
		{ { .status = EXITED(0) }, VERDICT_PASS, false },
		{ { .status = EXITED(1) }, VERDICT_FAIL, false },
		{ { .status = EXITED(77) }, VERDICT_SKIP, false },
		{ { .status = EXITED(99) }, VERDICT_BROKEN, false },
		{ { .status = KILLED(SIGSEGV) }, VERDICT_CRASH, false },
		{ { .status = KILLED(SIGKILL) }, VERDICT_CRASH, false },
		{ { .end = TRIAL_FAULT, .status = EXITED(0) }, VERDICT_BROKEN, false },
		{ { .end = TRIAL_PROVEN,
			  .status = KILLED(SIGKILL),
			  .proven = true,
			  .root_was_proven = true },
			VERDICT_DEADLOCK, false },
		{ { .end = TRIAL_DEADLINE, .status = KILLED(SIGKILL) }, VERDICT_TIMEOUT, false },
		{ { .end = TRIAL_DEADLINE, .status = KILLED(SIGKILL), .part_proven = true },
			VERDICT_DEADLOCK, false },
		{ { .status = EXITED(0), .part_proven = true }, VERDICT_RECOVERED, false },
		{ { .status = EXITED(1), .part_proven = true }, VERDICT_RECOVERED, false },
		{ { .status = EXITED(99), .part_proven = true }, VERDICT_BROKEN, false },
		{ { .status = KILLED(SIGABRT), .part_proven = true }, VERDICT_RECOVERED, false },
		/* It ended by itself, but not in time: we could not kill it, or were too slow. */
		{ { .end = TRIAL_DEADLINE, .status = EXITED(0) }, VERDICT_TIMEOUT, false },
		{ { .end = TRIAL_DEADLINE, .status = EXITED(1) }, VERDICT_TIMEOUT, false },
		{ { .end = TRIAL_DEADLINE, .status = KILLED(SIGABRT) }, VERDICT_TIMEOUT, false },
		/* Audited: kept alive after a proof, and ended, or went on, all the same. */
		{ { .status = EXITED(0), .root_was_proven = true, .part_proven = true },
			VERDICT_RECOVERED, true },
		{ { .end = TRIAL_PROVEN, .status = EXITED(0), .root_was_proven = true },
			VERDICT_PASS, true },
		/* It crashed in the moment between the proof and our kill. */
		{ { .end = TRIAL_PROVEN, .status = KILLED(SIGSEGV), .root_was_proven = true },
			VERDICT_CRASH, true },
		{ { .end = TRIAL_DEADLINE, .status = KILLED(SIGKILL), .root_was_proven = true },
			VERDICT_TIMEOUT, true },
		/* On a machine too full to answer, nothing was seen that speaks against the proof.
		 */
		{ { .end = TRIAL_DEADLINE,
			  .status = KILLED(SIGKILL),
			  .root_was_proven = true,
			  .undecided = true },
			VERDICT_TIMEOUT, false },
		{ { .status = EXITED(0), .root_was_proven = true, .undecided = true }, VERDICT_PASS,
			true },
		{ { .end = TRIAL_DEADLINE,
			  .status = KILLED(SIGKILL),
			  .root_was_proven = true,
			  .proven = true },
			VERDICT_DEADLOCK, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trial_over o = cases[i].over;

		o.trial.target = &scenario;
		cr_expect_eq(
			verdict_of(&o), cases[i].verdict, "case %zu: %d", i, (int)verdict_of(&o));
		cr_expect_eq(verdict_is_false_proof(&o), cases[i].false_proof, "case %zu", i);
	}
}

Test(verdict, a_program_that_does_not_speak_the_protocol)
{
	struct trial_over o = { .status = EXITED(99), .trial.target = &program };

	cr_expect_eq(verdict_of(&o), VERDICT_FAIL);
	o.status = EXITED(77);
	cr_expect_eq(verdict_of(&o), VERDICT_FAIL);
}
