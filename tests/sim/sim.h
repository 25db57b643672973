/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sim.h: reproducible random hangs for simulations. Everything comes from the seed. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "runner/base/hash.h"
#include "stats/stats.h"

#include <math.h>

static inline uint64_t sim_next(uint64_t *state)
{
	uint64_t z = hash_mix(*state);

	*state += HASH_GOLDEN;
	return z;
}

/* In (0, 1]. */
static inline double sim_uniform(uint64_t *state)
{
	return ((double)(sim_next(state) >> 11) + 1) * 0x1p-53;
}

/* Trials up to and including the next hang: geometric, so that rare hangs cost no loop. */
static inline uint64_t sim_next_hang(uint64_t *state, double p)
{
	double gap;

	if (p <= 0)
		return UINT64_MAX;
	if (p >= 1)
		return 1;
	gap = floor(log(sim_uniform(state)) / log1p(-p)) + 1;
	return gap < 1e18 ? (uint64_t)gap : UINT64_MAX;
}

static inline uint64_t sim_hangs(uint64_t *state, double p, uint64_t n)
{
	uint64_t k = 0, at = 0;

	for (;;) {
		uint64_t gap = sim_next_hang(state, p);

		if (gap > n - at)
			return k;
		at += gap;
		k++;
	}
}

struct sim_coverage {
	uint64_t campaigns;
	uint64_t stated; /* the interval at the moment of stopping held p */
	uint64_t always; /* every interval up to then did (confidence sequence only) */
};

/* Campaigns that look after every trial, stop when the sequence is narrower than `width` or at
 * `most` trials, and state the confidence sequence. */
static inline struct sim_coverage sim_early_stopping(
	uint64_t *state, double p, double width, uint64_t most, uint64_t campaigns)
{
	struct sim_coverage r = { .campaigns = campaigns };

	for (uint64_t c = 0; c < campaigns; c++) {
		uint64_t k = 0, n = 0, gap = sim_next_hang(state, p);
		bool always = true, inside = true;

		while (n < most) {
			struct stats_interval i;

			n++;
			if (--gap == 0) {
				k++;
				gap = sim_next_hang(state, p);
			}
			/* After many trials one more changes little: look every 1 %. */
			if (n > 100 && n % (n / 100) != 0 && n != most)
				continue;
			i = stats_confidence_sequence(k, n, 0.95);
			inside = i.low <= p && p <= i.high;
			always = always && inside;
			if (i.high - i.low <= width)
				break;
		}
		r.stated += inside;
		r.always += always;
	}
	return r;
}

static inline struct sim_coverage sim_fixed(
	uint64_t *state, double p, uint64_t n, uint64_t campaigns)
{
	struct sim_coverage r = { .campaigns = campaigns };

	for (uint64_t c = 0; c < campaigns; c++) {
		struct stats_interval i = stats_clopper_pearson(sim_hangs(state, p, n), n, 0.95);

		r.stated += i.low <= p && p <= i.high;
	}
	return r;
}

#endif
