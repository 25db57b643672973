/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dies of SIGSEGV.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	MUST(sigaction(SIGSEGV, &action, NULL) == 0);
	raise(SIGSEGV);
	return 0;
}
