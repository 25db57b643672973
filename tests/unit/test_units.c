/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/units.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(units, duration)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "0", 0 },
		{ "0ms", 0 },
		{ "250ns", 250 },
		{ "500us", 500000 },
		{ "1.5ms", 1500000 },
		{ "2s", 2000000000 },
		{ "3m", 180000000000 },
		{ "1h", 3600000000000 },
	};
	static const char *const bad[] = { "", "5", "-1ms", "1 ms", "1msx", "0x1ms", "inf", "nans",
		"ms" };
	int64_t ns = 42;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cr_expect_eq(units_parse_duration(good[i].text, &ns), 0, "%s", good[i].text);
		cr_expect_eq(ns, good[i].ns, "%s", good[i].text);
	}
	ns = 42;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_eq(units_parse_duration(bad[i], &ns), -EINVAL, "'%s'", bad[i]);
	cr_expect_eq(units_parse_duration("1e300h", &ns), -ERANGE);
	cr_expect_eq(ns, 42, "an error leaves the value alone");
}

Test(units, size)
{
	uint64_t n = 42;

	cr_expect_eq(units_parse_size("64K", &n), 0);
	cr_expect_eq(n, 65536);
	cr_expect_eq(units_parse_size("1.5MiB", &n), 0);
	cr_expect_eq(n, 1572864);
	cr_expect_eq(units_parse_size("4096", &n), 0);
	cr_expect_eq(n, 4096);
	cr_expect_eq(units_parse_size("4Q", &n), -EINVAL);
	cr_expect_eq(units_parse_size("99999999999999T", &n), -ERANGE);
	cr_expect_eq(n, 4096);
}

Test(units, numbers)
{
	uint64_t n;
	double p;

	cr_expect_eq(units_parse_u64("18446744073709551615", &n), 0);
	cr_expect_eq(n, UINT64_MAX);
	cr_expect_eq(units_parse_u64("18446744073709551616", &n), -ERANGE);
	cr_expect_eq(units_parse_u64("-1", &n), -EINVAL);
	cr_expect_eq(units_parse_u64("1x", &n), -EINVAL);
	cr_expect_eq(units_parse_probability("1%", &p), 0);
	cr_expect_float_eq(p, 0.01, 1e-15);
	cr_expect_eq(units_parse_probability("1.5", &p), -ERANGE);
}

Test(units, format)
{
	char buf[UNITS_MAX];

	cr_expect_str_eq(units_format_duration(0, buf), "0");
	cr_expect_str_eq(units_format_duration(1500000, buf), "1.5ms");
	cr_expect_str_eq(units_format_duration(10 * 1000000000LL, buf), "10s");
	cr_expect_str_eq(units_format_duration(250, buf), "250ns");
	cr_expect_str_eq(units_format_size(0, buf), "0");
	cr_expect_str_eq(units_format_size(65536, buf), "64K");
	cr_expect_str_eq(units_format_size(1000, buf), "1000");
}
