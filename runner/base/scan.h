/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.h: a cursor over text that ends where it ends, with or without a NUL. What does not match
 * leaves the cursor where it was. Nothing is allocated, nothing beyond `end` is read.
 */
#ifndef RUNNER_BASE_SCAN_H
#define RUNNER_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scan {
	const char *p, *end;
};

struct scan scan_text(const char *text, size_t n);
/* Takes the next line off without its '\n'; false at the end. */
bool scan_line(struct scan *s, struct scan *ret_line);
/* Takes the next run of anything but blanks; false when there is none. */
bool scan_word(struct scan *s, struct scan *ret_word);
void scan_blanks(struct scan *s); /* spaces and tabs */
bool scan_literal(struct scan *s, const char *literal);
/* Number after optional blanks; 0x before base 16 is skipped. False where there is no digit or it
 * does not fit. */
bool scan_u64(struct scan *s, unsigned base, uint64_t *ret_n);
bool scan_i64(struct scan *s, int64_t *ret_n); /* decimal with an optional sign */
size_t scan_left(const struct scan *s);
bool scan_equals(const struct scan *s, const char *literal);

#endif
