/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The coroutine that an event loop (asyncio) runs to its end: a thread in its loop says nothing
 * about the code that never goes on. Pure. */
#include "runner/explain/python/python.h"

#include "runner/base/util.h"

enum { MAX_AWAITS = 32 };

void python_read_coroutine(
	const struct python *p, const struct python_stack *s, struct language_stack *stack)
{
	(void)p, (void)s, (void)stack;
}
