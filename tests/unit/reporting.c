/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/reporting.h"

#include "runner/base/util.h"

#include <criterion/criterion.h>

char *reporting_render(const char *format, const struct report_input *in)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = report_find(format)->render(in, out);

	fclose(out);
	cr_assert_eq(r, 0, "%s: %d", format, r);
	cr_assert_eq(strlen(text), size, "%s holds a NUL", format);
	return text;
}

struct record_campaign reporting_small(enum expect e, uint64_t pass, uint64_t deadlock)
{
	struct record_campaign c = { .seed = 7, .shard = 1, .shards = 1, .ended_ms = 1 };
	struct record_cell *cell = record_campaign_add_cell(&c);

	c.key = mem_strdup("k");
	cell->target = mem_strdup("program");
	cell->variant = mem_strdup("");
	cell->libc = mem_strdup("glibc 2.36");
	cell->inject = mem_strdup("");
	cell->expect = e;
	cell->count[VERDICT_PASS] = pass;
	cell->count[VERDICT_DEADLOCK] = deadlock;
	return c;
}

void reporting_assert_in(const char *text, const char *part, bool wanted)
{
	cr_assert_eq(strstr(text, part) != NULL, wanted, "'%s' %s in:\n%s", part,
		wanted ? "is missing" : "stands", text);
}

void reporting_assert_says(const struct record_campaign *c, const char *part, bool wanted)
{
	struct report_input in = { .campaign = c };
	char *text cleanup(cleanup_free) = reporting_render("text", &in);

	reporting_assert_in(text, part, wanted);
}
