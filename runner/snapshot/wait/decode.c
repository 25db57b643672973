/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the decoders of several kinds have in common. Pure. */
#include "runner/snapshot/call.h"

void call_set_timed(struct call *c, const char *limit)
{
	c->kind = CALL_TIMED;
	c->limit = limit;
}

void call_decode_nothing(const uint64_t a[6], struct call *c)
{
	(void)a;
	(void)c;
}

void call_decode_fd(const uint64_t a[6], struct call *c)
{
	c->fd = (int)a[0];
}
