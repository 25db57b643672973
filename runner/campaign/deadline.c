/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/campaign/deadline.h"

#include "runner/base/util.h"

#define FLOOR_NS NSEC_PER_SEC
#define UNKNOWN_NS (10 * NSEC_PER_SEC)
/* A program of which nothing is known may take a while, and sleeps by intention. */
#define UNKNOWN_EXTEND_NS (50 * NSEC_PER_SEC)
#define UNKNOWN_ASLEEP_NS (290 * NSEC_PER_SEC)
#define EXTEND_FACTOR 4
#define CLEAN_ENOUGH 3
#define HOPELESS 4

static int64_t scaled(const struct record_hist *h, int64_t factor)
{
	int64_t ns = h->max_ns > INT64_MAX / factor ? INT64_MAX : h->max_ns * factor;

	return ns < FLOOR_NS ? FLOOR_NS : ns;
}

static struct deadline calibrated(int64_t ns)
{
	int64_t more = ns > INT64_MAX / EXTEND_FACTOR ? INT64_MAX - ns : ns * EXTEND_FACTOR;

	return (struct deadline){ ns, more, more };
}

struct deadline deadline_for(const struct record_cell *cell, const struct record_hist *of_target,
	uint64_t target_timeouts, int64_t given_ns, int64_t declared_ns)
{
	if (given_ns)
		return (struct deadline){ given_ns };
	if (declared_ns)
		return (struct deadline){ declared_ns };
	if (cell->pass_ns.count >= CLEAN_ENOUGH)
		return calibrated(scaled(&cell->pass_ns, 20));
	if (of_target->count >= CLEAN_ENOUGH)
		return calibrated(scaled(of_target, 40));
	if (!of_target->count && target_timeouts >= HOPELESS)
		return (struct deadline){ FLOOR_NS };
	return (struct deadline){ UNKNOWN_NS, UNKNOWN_EXTEND_NS, UNKNOWN_ASLEEP_NS };
}
