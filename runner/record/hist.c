/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record/hist.c: the histogram of durations in record.h, and its form as bytes. */
#include "runner/record/record.h"

#include "runner/base/util.h"

#include <errno.h>

#define HIST_LOWEST_NS 1000
#define PER_OCTAVE 4

/* count, min, max, sum, then one entry for each bucket that is not empty. */
#define CODE_HEAD (4 * 8)
#define CODE_ENTRY (1 + 4)

int64_t record_hist_bucket_ns(unsigned int b)
{
	/* 2^(0/4) to 2^(3/4), in nanoseconds times 1000 for the lowest octave */
	static const int64_t quarter[PER_OCTAVE] = { 1000000, 1189207, 1414214, 1681793 };

	return (quarter[b % PER_OCTAVE] << (b / PER_OCTAVE)) / 1000;
}

static unsigned int bucket_of(int64_t ns)
{
	unsigned int b;

	if (ns < HIST_LOWEST_NS)
		return 0;
	b = (63 - __builtin_clzll((unsigned long long)(ns / HIST_LOWEST_NS))) * PER_OCTAVE;
	if (b >= RECORD_HIST_BUCKETS)
		return RECORD_HIST_BUCKETS - 1;
	for (unsigned int q = 1; q < PER_OCTAVE && ns >= record_hist_bucket_ns(b + 1); q++)
		b++;
	return b;
}

static void bucket_add(uint32_t *bucket, uint32_t n)
{
	if (__builtin_add_overflow(*bucket, n, bucket))
		*bucket = UINT32_MAX;
}

void record_hist_add(struct record_hist *h, int64_t ns)
{
	if (ns < 0)
		ns = 0;
	if (!h->count || ns < h->min_ns)
		h->min_ns = ns;
	if (!h->count || ns > h->max_ns)
		h->max_ns = ns;
	h->count++;
	h->sum_ns += ns;
	bucket_add(&h->bucket[bucket_of(ns)], 1);
}

void record_hist_merge(struct record_hist *h, const struct record_hist *from)
{
	if (!from->count)
		return;
	if (!h->count || from->min_ns < h->min_ns)
		h->min_ns = from->min_ns;
	if (!h->count || from->max_ns > h->max_ns)
		h->max_ns = from->max_ns;
	h->count += from->count;
	h->sum_ns += from->sum_ns;
	for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++)
		bucket_add(&h->bucket[b], from->bucket[b]);
}

/* What is known about where a bucket's members lie: its bounds, and the extremes seen. */
static int64_t interpolate(const struct record_hist *h, unsigned int b, double part)
{
	int64_t low = b ? record_hist_bucket_ns(b) : 0;
	int64_t high = b + 1 < RECORD_HIST_BUCKETS ? record_hist_bucket_ns(b + 1) : h->max_ns;

	if (low < h->min_ns)
		low = h->min_ns;
	if (high > h->max_ns)
		high = h->max_ns;
	low += (int64_t)((double)(high - low) * part);
	return low < high ? low : high; /* rounded */
}

int64_t record_hist_quantile_ns(const struct record_hist *h, double q)
{
	double rank, below = 0;

	if (!h->count)
		return 0;
	if (q <= 0)
		return h->min_ns;
	if (q >= 1)
		return h->max_ns;
	rank = q * (double)h->count;
	for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++) {
		if (h->bucket[b] && below + h->bucket[b] >= rank)
			return interpolate(h, b, (rank - below) / h->bucket[b]);
		below += h->bucket[b];
	}
	return h->max_ns;
}

static unsigned char *put(unsigned char *p, uint64_t v, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		*p++ = (unsigned char)(v >> (8 * i));
	return p;
}

static uint64_t get(const unsigned char *p, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

size_t record_hist_encode(const struct record_hist *h, void *buf)
{
	unsigned char *p = buf;

	if (!h->count)
		return 0;
	p = put(p, h->count, 8);
	p = put(p, (uint64_t)h->min_ns, 8);
	p = put(p, (uint64_t)h->max_ns, 8);
	p = put(p, (uint64_t)h->sum_ns, 8);
	for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++) {
		if (!h->bucket[b])
			continue;
		p = put(p, b, 1);
		p = put(p, h->bucket[b], 4);
	}
	return (size_t)(p - (unsigned char *)buf);
}

static bool hist_is_sane(const struct record_hist *h)
{
	uint64_t n = 0;
	bool saturated = false;
	unsigned int first = RECORD_HIST_BUCKETS, last = 0;

	for (unsigned int b = 0; b < RECORD_HIST_BUCKETS; b++) {
		if (h->bucket[b] && first > b)
			first = b;
		if (h->bucket[b])
			last = b;
		n += h->bucket[b];
		saturated |= h->bucket[b] == UINT32_MAX;
	}
	return h->count && (n == h->count || (saturated && n < h->count)) && h->min_ns >= 0 &&
	       h->min_ns <= h->max_ns && h->sum_ns >= 0 && bucket_of(h->min_ns) == first &&
	       bucket_of(h->max_ns) == last;
}

int record_hist_decode(const void *buf, size_t len, struct record_hist *ret_hist)
{
	const unsigned char *p = buf;
	struct record_hist h = { 0 };
	int last = -1;

	if (!len) {
		*ret_hist = h;
		return 0;
	}
	if (len < CODE_HEAD || (len - CODE_HEAD) % CODE_ENTRY)
		return -EBADMSG;
	h.count = get(p, 8);
	h.min_ns = (int64_t)get(p + 8, 8);
	h.max_ns = (int64_t)get(p + 16, 8);
	h.sum_ns = (int64_t)get(p + 24, 8);
	for (size_t at = CODE_HEAD; at < len; at += CODE_ENTRY) {
		if (p[at] >= RECORD_HIST_BUCKETS || p[at] <= last)
			return -EBADMSG;
		last = p[at];
		h.bucket[last] = (uint32_t)get(p + at + 1, 4);
	}
	if (!hist_is_sane(&h))
		return -EBADMSG;
	*ret_hist = h;
	return 0;
}
