/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/lint/fold.h"
#include "runner/base/util.h"

#include <criterion/criterion.h>

Test(lint_fold, knows_whose_call_it_is)
{
	static char *repair[] = { "PyThread_tss_delete (Python/thread_pthread.h:910)",
		"PyOS_AfterFork_Child (./Modules/posixmodule.c:595)",
		"_PyEval_EvalFrameDefault (Python/ceval.c:4769)" };
	static char *code[] = { "list_dealloc (Objects/listobject.c:10)",
		"_PyEval_EvalFrameDefault (python3.11)" };
	static char *extension[] = { "save (mymodule.c:7)",
		"_PyEval_EvalFrameDefault (Python/ceval.c:4769)" };
	static char *program[] = { "child (server.c:7)", "main (server.c:70)" };

	cr_expect_eq(lint_fold(repair, ARRAY_SIZE(repair)), LINT_FOLD_AFTER_FORK);
	cr_expect_eq(lint_fold(code, ARRAY_SIZE(code)), LINT_FOLD_RUNS_CODE);
	cr_expect_eq(lint_fold(extension, ARRAY_SIZE(extension)), LINT_FOLD_NOT);
	cr_expect_eq(lint_fold(program, ARRAY_SIZE(program)), LINT_FOLD_NOT);
	cr_expect_eq(lint_fold(NULL, 0), LINT_FOLD_NOT);
}
