/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h: lib/hash.h, and what only the runner hashes: strings and large files. The results are
 * part of what a record means and must never change.
 */
#ifndef RUNNER_BASE_HASH_H
#define RUNNER_BASE_HASH_H

#include <string.h>

#include "lib/hash.h"

/* hash_bytes() over a string with its terminator, so that "ab","c" and "a","bc" differ. */
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

#endif
