/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kinds themselves use of the table. */
#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

const char *wait_kind_name(enum wait_kind k)
{
	static const char *const names[] = {
		[WAIT_NONE] = "none",
#define WAIT_KIND(id, file, name, ...) [WAIT_##id] = (name),
#include "runner/snapshot/wait/kinds.def"
#undef WAIT_KIND
	};
	_Static_assert(ARRAY_SIZE(names) == WAIT_KIND_COUNT, "a name for each kind of wait");

	return (unsigned)k < WAIT_KIND_COUNT ? names[k] : "?";
}

bool wait_is_unchanged(const struct object *a, const struct object *b)
{
	return a->fill == b->fill && a->sendq == b->sendq && a->recvq == b->recvq &&
	       a->peer_sendq == b->peer_sendq && a->peer_recvq == b->peer_recvq;
}
