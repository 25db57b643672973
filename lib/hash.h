/* SPDX-License-Identifier: MIT */
/*
 * hash.h: the one hash (FNV-1a) and the one generator (splitmix64) of the whole tree.
 *
 * Cells' keys, trials' seeds, names of sites and all draws come from them, so their results must
 * never change. Neither resists an attacker. No memory, no lock, no errno: safe at any moment in a
 * target. The runner includes this file only through runner/base/hash.h (a row of make/rooms.tsv).
 */
#ifndef HANGRATE_LIB_HASH_H
#define HANGRATE_LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

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
