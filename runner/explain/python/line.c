/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/explain/python/line.h"

#include "runner/base/util.h"

enum { CODE_UNIT = 2, MAX_LINE = 1 << 28 };

struct bytes {
	const uint8_t *at, *end;
};

static unsigned next_byte(struct bytes *b)
{
	return b->at < b->end ? *b->at++ : 0;
}

static int checked(int64_t line)
{
	return line > 0 && line < MAX_LINE ? (int)line : 0;
}

/* 3.8, 3.9: pairs of (bytes of code, lines), both are steps. */
static int line_lnotab(struct bytes b, int first, uint64_t offset)
{
	uint64_t address = 0;
	int64_t line = first;

	while (b.end - b.at >= 2) {
		address += next_byte(&b);
		if (address > offset)
			break;
		line += (int8_t)next_byte(&b);
	}
	return checked(line);
}

/* 3.10: pairs of (bytes of code, lines); each is a range. */
static int line_ranges(struct bytes b, int first, uint64_t offset)
{
	enum { NO_LINE = -128 };
	uint64_t end = 0;
	int64_t line = first;

	while (b.end - b.at >= 2) {
		int8_t step;

		end += next_byte(&b);
		step = (int8_t)next_byte(&b);
		if (step != NO_LINE)
			line += step;
		if (offset < end)
			return step == NO_LINE ? 0 : checked(line);
	}
	return 0;
}

/* Six bits a byte, the lowest first; bit 6 says that more follow. */
static uint64_t next_varint(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 36; shift += 6) {
		unsigned byte = next_byte(b);

		value |= (uint64_t)(byte & 63) << shift;
		if (!(byte & 64))
			break;
	}
	return value;
}

static int64_t next_signed_varint(struct bytes *b)
{
	uint64_t value = next_varint(b);

	return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static void skip(struct bytes *b, size_t n)
{
	b->at += (size_t)(b->end - b->at) < n ? (size_t)(b->end - b->at) : n;
}

/* 3.11 on: entries of a first byte with kind and length, and what the kind calls for. */
static int line_locations(struct bytes b, int first, uint64_t offset)
{
	enum { ONE_LINE_0 = 10, ONE_LINE_2 = 12, NO_COLUMNS = 13, LONG = 14, NONE = 15 };
	uint64_t end = 0;
	int64_t line = first;

	while (b.at < b.end) {
		unsigned head = next_byte(&b), kind = head >> 3 & 15;

		end += ((head & 7) + 1) * CODE_UNIT;
		if (kind == LONG) {
			line += next_signed_varint(&b);
			for (int i = 0; i < 3; i++)
				next_varint(&b);
		} else if (kind == NO_COLUMNS) {
			line += next_signed_varint(&b);
		} else if (kind >= ONE_LINE_0 && kind <= ONE_LINE_2) {
			line += kind - ONE_LINE_0;
			skip(&b, 2);
		} else if (kind < ONE_LINE_0) {
			skip(&b, 1);
		}
		if (offset < end)
			return kind == NONE ? 0 : checked(line);
	}
	return 0;
}

int python_line(int minor, const uint8_t *table, size_t n, int first, uint64_t offset)
{
	struct bytes b = { table, table + n };

	if (minor < 10)
		return line_lnotab(b, first, offset);
	return minor == 10 ? line_ranges(b, first, offset) : line_locations(b, first, offset);
}

/* Big-endian, six bits a byte; bit 7 marks the first byte of an entry, bit 6 that more follow. */
static uint64_t next_exception_varint(struct bytes *b)
{
	unsigned byte = next_byte(b);
	uint64_t value = byte & 63;

	for (int i = 0; i < 5 && byte & 64; i++) {
		byte = next_byte(b);
		value = value << 6 | (byte & 63);
	}
	return value;
}

size_t python_handler_depth(const uint8_t *table, size_t n, uint64_t offset)
{
	struct bytes b = { table, table + n };
	uint64_t unit = offset / CODE_UNIT;

	while (b.at < b.end) {
		uint64_t start = next_exception_varint(&b), size = next_exception_varint(&b);
		uint64_t depth;

		next_exception_varint(&b);
		depth = next_exception_varint(&b) >> 1;
		if (start > unit)
			break;
		if (unit - start < size)
			return (size_t)depth;
	}
	return 0;
}
