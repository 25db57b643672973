/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/deadline.h"

#include "runner/base/util.h"

#define FLOOR_NS NSEC_PER_SEC
#define UNKNOWN_NS (10 * NSEC_PER_SEC)
#define CLEAN_ENOUGH 3
#define HOPELESS 4

static int64_t scaled(const struct record_hist *h, int64_t factor)
{
	int64_t ns = h->max_ns > INT64_MAX / factor ? INT64_MAX : h->max_ns * factor;

	return ns < FLOOR_NS ? FLOOR_NS : ns;
}

int64_t deadline_for(const struct record_cell *cell, const struct record_hist *of_target,
	uint64_t target_timeouts, int64_t given_ns, int64_t declared_ns)
{
	if (given_ns)
		return given_ns;
	if (declared_ns)
		return declared_ns;
	if (cell->pass_ns.count >= CLEAN_ENOUGH)
		return scaled(&cell->pass_ns, 20);
	if (of_target->count >= CLEAN_ENOUGH)
		return scaled(of_target, 40);
	if (!of_target->count && target_timeouts >= HOPELESS)
		return FLOOR_NS;
	return UNKNOWN_NS;
}
