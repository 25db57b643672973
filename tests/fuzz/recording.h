/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * recording.h: a recording of what was read from a process's memory, played to the interpreters of
 * runner/explain in tests and fuzz targets. Made by tests/fuzz/record.c.
 *
 * struct recording_head, then pieces: address (8 bytes), length (2 bytes), the bytes.
 */
#ifndef TESTS_FUZZ_RECORDING_H
#define TESTS_FUZZ_RECORDING_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "runner/explain/peek.h"

#define RECORDING_MAGIC "peek"

struct recording_head {
	char magic[4];
	uint8_t minor;   /* of the language's version */
	uint8_t changes; /* not 0: memory changes while it is read, here and there */
	uint16_t unused;
	uint32_t tid;
	uint32_t unused2;
	uint64_t sp, futex;
	uint64_t facts[4]; /* whatever else the interpreter is given */
};

enum { RECORDING_PIECE_HEAD = 10, RECORDING_PIECES = 8192 };

struct recording_piece {
	uint64_t address;
	uint16_t n;
	const uint8_t *bytes;
};

struct recording {
	struct recording_head head;
	struct recording_piece pieces[RECORDING_PIECES];
	size_t n;
	uint32_t reads;
};

static inline int recording_read(void *arg, uint64_t address, void *ret_bytes, size_t n)
{
	struct recording *r = arg;

	r->reads++;
	for (size_t i = 0; i < r->n; i++) {
		const struct recording_piece *p = &r->pieces[i];

		if (address < p->address || address - p->address > p->n ||
			p->n - (address - p->address) < n)
			continue;
		memcpy(ret_bytes, p->bytes + (address - p->address), n);
		if (r->head.changes && n && r->reads % r->head.changes == 0)
			((uint8_t *)ret_bytes)[r->reads / r->head.changes % n] ^= (uint8_t)r->reads;
		return 0;
	}
	return -EFAULT;
}

/* data must outlive it. 0, or -EINVAL. */
static inline int recording_open(struct recording *r, const uint8_t *data, size_t size)
{
	memset(r, 0, sizeof(*r));
	if (size < sizeof(r->head))
		return -EINVAL;
	memcpy(&r->head, data, sizeof(r->head));
	if (memcmp(r->head.magic, RECORDING_MAGIC, sizeof(r->head.magic)))
		return -EINVAL;
	for (size_t at = sizeof(r->head); r->n < RECORDING_PIECES; r->n++) {
		struct recording_piece *p = &r->pieces[r->n];

		if (size - at < RECORDING_PIECE_HEAD)
			break;
		memcpy(&p->address, data + at, sizeof(p->address));
		memcpy(&p->n, data + at + sizeof(p->address), sizeof(p->n));
		at += RECORDING_PIECE_HEAD;
		if (size - at < p->n)
			break;
		p->bytes = data + at;
		at += p->n;
	}
	return 0;
}

#endif
