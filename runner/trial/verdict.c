/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/trial/verdict.h"

#include <signal.h>
#include <sys/wait.h>

/* We send nothing but SIGKILL; any other end came from the trial itself, if only in the last
 * moment. */
static bool killed_by_us(const struct trial_over *o)
{
	return o->end != TRIAL_ENDED && WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGKILL;
}

static enum verdict verdict_by_status(const struct trial_over *o)
{
	const struct target *t = o->trial.target;

	if (WIFSIGNALED(o->status))
		return o->part_proven ? VERDICT_RECOVERED : VERDICT_CRASH;
	if (WEXITSTATUS(o->status) == t->broken_status)
		return VERDICT_BROKEN;
	if (WEXITSTATUS(o->status) == t->skip_status)
		return VERDICT_SKIP;
	if (o->part_proven)
		return VERDICT_RECOVERED;
	return WEXITSTATUS(o->status) ? VERDICT_FAIL : VERDICT_PASS;
}

enum verdict verdict_of(const struct trial_over *o)
{
	if (o->end == TRIAL_FAULT)
		return VERDICT_BROKEN;
	/* However it has ended after that: it has not ended in time. */
	if (!killed_by_us(o) && o->end != TRIAL_DEADLINE)
		return verdict_by_status(o);
	if (o->end == TRIAL_PROVEN || o->proven || o->part_proven)
		return VERDICT_DEADLOCK;
	return VERDICT_TIMEOUT;
}

bool verdict_is_false_proof(const struct trial_over *o)
{
	return o->root_was_proven &&
	       (!killed_by_us(o) || (o->end == TRIAL_DEADLINE && !o->proven && !o->undecided));
}
