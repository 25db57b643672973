/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam.c: stands in, weakly, for rooms that are being built; goes when the last of them stands. */
#include "reports/report.h"
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

WEAK const struct report_format *report_find(const char *name)
{
	(void)name;
	return NULL;
}

WEAK int report_write(
	const struct report_format *f, const struct report_input *in, const char *path)
{
	(void)f, (void)path;
	for (size_t i = 0; i < in->campaign->n_cells; i++) {
		const struct record_cell *c = &in->campaign->cells[i];

		printf("%s/%s %s '%s':", c->target, c->variant, c->libc, c->inject);
		for (int v = 0; v < VERDICT_COUNT; v++)
			if (c->count[v])
				printf(" %s=%lu", verdict_name((enum verdict)v),
					(unsigned long)c->count[v]);
		printf("\n");
	}
	return 0;
}
