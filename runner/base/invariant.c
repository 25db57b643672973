/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/invariant.h"

#include <stdio.h>
#include <stdlib.h>

void invariant_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "hangrate: %s:%d: broken invariant: %s; please report this\n", file, line,
		condition);
	abort();
}
