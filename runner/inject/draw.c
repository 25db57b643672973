/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/draw.c: which passages are delayed and for how long. Every choice comes from the seed. */
#include "runner/inject/engine.h"
#include "runner/base/hash.h"

#include <math.h>

double inject_random(uint64_t seed, uint64_t stream, uint64_t n)
{
	return (double)(hash_mix(hash_mix(hash_mix(seed) ^ stream) ^ n) >> 11) * 0x1p-53;
}

/* Longer draws of an exponential are cut: one in a million. */
#define EXPONENTIAL_CUT 14.0

static uint64_t delay_draw_ns(const struct inject_delay *d, double u)
{
	switch (d->dist) {
	case INJECT_FIXED:
		return d->lo_ns;
	case INJECT_UNIFORM:
		return d->lo_ns + (uint64_t)(u * (double)(d->hi_ns - d->lo_ns + 1));
	case INJECT_EXPONENTIAL:
		return (uint64_t)(fmin(-log1p(-u), EXPONENTIAL_CUT) * (double)d->lo_ns);
	}
	return 0;
}

uint64_t inject_rule_draw_ns(
	const struct inject_rule *r, uint64_t seed, uint64_t stream, uint64_t n)
{
	if (n < r->from || (r->step ? (n - r->from) % r->step : n - r->from))
		return 0;
	if (inject_random(seed, stream, 2 * n) * INJECT_PPM >= r->p_ppm)
		return 0;
	return delay_draw_ns(&r->enter, inject_random(seed, stream, 2 * n + 1));
}
