/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/tell.h"

#include <stdio.h>
#include <string.h>

void tell_broken(const struct trial_over *o)
{
	const struct target *t = o->trial.target;

	if (o->fault)
		fprintf(stderr, "run: '%s%s%s': %s%s%s\n", t->name, *t->variant ? "/" : "",
			t->variant, o->fault, o->fault_errno ? ": " : "",
			o->fault_errno ? strerror(o->fault_errno) : "");
	else
		fprintf(stderr, "run: '%s/%s': set-up failed: %.*s\n", t->name, t->variant,
			(int)(o->output_len < 200 ? o->output_len : 200),
			o->output ? o->output : "");
}

void tell_waiting(void)
{
	fputs("run: no trial has ended yet, so how long one takes is not known: waiting 10 s for each,\nrun: or up to 5 min while it makes progress; --timeout T sets it\n",
		stderr);
}
