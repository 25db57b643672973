/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/prove/twice.h"

static bool has_unseen_condition(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_processes; i++)
		if (s->processes[i].ring_unless[0] || s->processes[i].timer_unless[0])
			return true;
	return false;
}

/* The second collect also reads when the threads last ran, where that is asked for: of a tree that
 * has no candidate it is not needed. */
static int probe_once(
	pid_t root, const struct snapshot_options *options, struct prove_result *ret_result)
{
	struct snapshot_options plain = *options;
	struct prove_result one = { 0 }, two = { 0 };
	int r;

	plain.scheduling = false;
	r = snapshot_collect(root, &plain, &one.s);
	if (r < 0)
		return r;
	prove(&one.s, &one.s, &one.p);
	if (!one.p.n_unless) {
		*ret_result = one;
		return 0;
	}
	r = snapshot_collect(root, options, &two.s);
	if (r == 0) {
		prove(&one.s, &two.s, &two.p);
		two.has_if_no_timers = has_unseen_condition(&two.s);
		if (two.has_if_no_timers)
			prove_without_timers(&one.s, &two.s, &two.if_no_timers);
		*ret_result = two;
	}
	prove_result_done(&one);
	return r;
}

int prove_twice(pid_t root, const struct snapshot_options *options, int tries,
	struct prove_result *ret_result)
{
	int r = probe_once(root, options, ret_result);

	for (int i = 1;
		!r && i < tries && !ret_result->p.n_unless && snapshot_anyone_runs(&ret_result->s);
		i++) {
		prove_result_done(ret_result);
		r = probe_once(root, options, ret_result);
	}
	return r;
}

void prove_result_done(struct prove_result *r)
{
	proof_done(&r->p);
	proof_done(&r->if_no_timers);
	snapshot_done(&r->s);
}
