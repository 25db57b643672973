/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam.c: stands in, weakly, for rooms that are being built; goes when the last of them stands. */
#include "runner/explain.h"
#include "runner/util.h"

#include <errno.h>

#define WEAK __attribute__((weak))

WEAK int snapshot_collect(
	pid_t root, const struct snapshot_options *options, struct snapshot *ret_snapshot)
{
	(void)root, (void)options, (void)ret_snapshot;
	return -ESRCH;
}

WEAK void snapshot_done(struct snapshot *s)
{
	(void)s;
}

WEAK bool snapshot_worth_collecting(pid_t root, const struct snapshot_options *options)
{
	(void)root, (void)options;
	return false;
}

WEAK enum looks snapshot_looks(const struct snapshot *earlier, const struct snapshot *later)
{
	(void)earlier, (void)later;
	return LOOKS_UNKNOWN;
}

WEAK char *explain_signature(const struct snapshot *s, const struct proof *p)
{
	(void)s, (void)p;
	return mem_strdup("");
}

WEAK int explain_cause(const struct snapshot *s, const struct proof *p, enum explain_stacks stacks,
	struct record_cause *ret_cause)
{
	(void)s, (void)p, (void)stacks, (void)ret_cause;
	return -ENOSYS;
}
