/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h: the one hash (FNV-1a) and the one generator (splitmix64) of the runner.
 *
 * Both are part of what a record means: a cell's key, a trial's seed and every draw come from them,
 * so their results must never change. Neither resists an attacker.
 */
#ifndef RUNNER_BASE_HASH_H
#define RUNNER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

/* FNV-1a over bytes; h: HASH_START, or the hash of what came before. */
static inline uint64_t hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *u = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ u[i]) * HASH_PRIME;
	return h;
}

/* The same over a string with its terminator, so that "ab","c" and "a","bc" differ. */
static inline uint64_t hash_string(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

/* FNV-1a, eight bytes a step, for large files. Another value than hash_bytes() gives. */
static inline uint64_t hash_words(uint64_t h, const void *bytes, size_t n)
{
	uint64_t word;

	for (size_t i = 0; i < n; i += sizeof(word)) {
		word = 0;
		memcpy(&word, (const char *)bytes + i, n - i < sizeof(word) ? n - i : sizeof(word));
		h = (h ^ word) * HASH_PRIME;
	}
	return h;
}

#define HASH_GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* splitmix64 (Steele, Lea, Flood 2014): any counter gives an independent draw, no state to share.
 * The n-th value of a sequence is hash_mix(seed + n * HASH_GOLDEN). */
static inline uint64_t hash_mix(uint64_t x)
{
	x += HASH_GOLDEN;
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

#endif
