/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pool.h: many campaigns as one, for comparisons over all that was ever recorded. Pure: reads no
 * file, and looks at no clock.
 */
#ifndef RUNNER_STORE_POOL_H
#define RUNNER_STORE_POOL_H

#include "runner/record/record.h"

/*
 * Adds up cells of equal target, variant, libc, injection and arm: counts, histograms, counters,
 * causes. Expectation and command are those of the first campaign that has them; versions,
 * machines and what is broken are joined. The pool is sequential when any part was, for then its
 * size may depend on the result. Ids are 0. Canaries are left out: each campaign has judged its
 * own. The caller frees it with record_campaign_done().
 */
void pool_campaigns(
	const struct record_campaign *campaigns, size_t n, struct record_campaign *ret_pool);

#endif
