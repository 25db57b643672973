/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/lint/fold.h"

#include "runner/base/util.h"

/* Functions in which interpreters put themselves right in the child; all that they call is theirs.
 */
static const char *const after_fork[] = { "PyOS_AfterFork_Child", "run_at_forkers",
	"rb_thread_atfork", "after_fork_ruby", "Perl_atfork_unlock" };
/* The loops that run the language... */
static const char *const loops[] = { "_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx", "rb_vm_exec",
	"vm_exec_core", "Perl_runops_standard" };
/* ... and how a frame of the interpreter itself reads, with symbols and without. */
static const char *const inside[] = { "(Python/", "(Objects/", "(Modules/", "(Parser/",
	"(./Modules/", "(./Python/", "(./Include/", "(python", "(libpython", "(ruby", "(libruby",
	"(perl", "(libperl" };

static bool begins(const char *frame, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(frame, names[i], len) && (!frame[len] || frame[len] == ' '))
			return true;
	}
	return false;
}

static bool holds(const char *frame, const char *const *parts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(frame, parts[i]))
			return true;
	return false;
}

enum lint_fold lint_fold(char *const *stack, size_t n)
{
	bool runs = false;

	for (size_t i = 0; i < n; i++) {
		if (begins(stack[i], after_fork, ARRAY_SIZE(after_fork)))
			return LINT_FOLD_AFTER_FORK;
		runs |= begins(stack[i], loops, ARRAY_SIZE(loops));
	}
	/* A call of an extension is the extension's. */
	return runs && holds(stack[0], inside, ARRAY_SIZE(inside)) ? LINT_FOLD_RUNS_CODE
								   : LINT_FOLD_NOT;
}
