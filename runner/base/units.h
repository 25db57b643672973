/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.h: durations, sizes and rates as people write them. Pure parsers over a whole string;
 * anything left over is an error. All return 0 or -EINVAL / -ERANGE and leave the out-parameter
 * alone then.
 */
#ifndef RUNNER_BASE_UNITS_H
#define RUNNER_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "0", "500us", "1.5ms", "2s", "3m", "1h", "250ns"; a bare number other than 0 is refused: it would
 * be ambiguous. Never negative. */
int units_parse_duration(const char *s, int64_t *ret_ns);
/* "0", "4096", "64K", "1M", "2G": powers of 1024; an ending "B" or "iB" is accepted. */
int units_parse_size(const char *s, uint64_t *ret_bytes);
int units_parse_u64(const char *s, uint64_t *ret_n);
/* A number in [0,1]; "1%" is 0.01. */
int units_parse_probability(const char *s, double *ret_p);

/* The shortest exact-looking form: "0", "500us", "1.5ms", "10s". Writes into buf, returns it. */
#define UNITS_MAX 32
const char *units_format_duration(int64_t ns, char buf[static UNITS_MAX]);
const char *units_format_size(uint64_t bytes, char buf[static UNITS_MAX]);

#endif
