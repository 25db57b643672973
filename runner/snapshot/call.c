/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/snapshot/call.h"

#include "runner/base/util.h"
#include "runner/snapshot/wait/wait.h"

static void decode_sleep(const uint64_t a[6], struct call *c)
{
	(void)a;
	call_set_timed(c, "time to sleep");
}

/* The kernel restarts a call this way only to carry the rest of a time limit over. */
static void decode_restart(const uint64_t a[6], struct call *c)
{
	(void)a;
	call_set_timed(c, "restarted time limit");
}

static void decode_external(const uint64_t a[6], struct call *c)
{
	(void)a;
	c->kind = CALL_EXTERNAL;
}

/* Calls that are known and never a wait that anything is proven of. */
static const struct wait_call other_calls[] = {
	WAIT_CALL(nanosleep, decode_sleep, NULL),
	WAIT_CALL(clock_nanosleep, decode_sleep, NULL),
	WAIT_CALL(restart_syscall, decode_restart, NULL),
	WAIT_CALL(io_getevents, decode_external, NULL),
#ifdef SYS_io_uring_enter
	WAIT_CALL(io_uring_enter, decode_external, NULL),
#endif
};

static const struct wait_call *find(int64_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(other_calls); i++)
		if (other_calls[i].nr == nr)
			return &other_calls[i];
	return wait_find_call(nr);
}

void call_decode(int64_t nr, const uint64_t args[6], struct call *ret_call)
{
	struct call c = { .kind = CALL_UNKNOWN, .name = "?", .fd = -1 };
	const struct wait_call *known = find(nr);

	if (known) {
		c.kind = CALL_WAITS;
		c.name = known->name;
		c.resolve = known->resolve;
		known->decode(args, &c);
	}
	*ret_call = c;
}
