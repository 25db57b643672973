/* SPDX-License-Identifier: MIT */
/* points_parse.c: what HANGRATE_POINTS says. Pure functions, no libfiu: they are fuzzed. */
#include "lib/internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 7
#define FIELD_MAX 64

static int parse_u64(const char *s, uint64_t *ret_value)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	errno = 0;
	*ret_value = strtoull(s, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

static int parse_probability(const char *s, double *ret_p)
{
	char *end;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	*ret_p = strtod(s, &end);
	return *end || !(*ret_p >= 0 && *ret_p <= 1) ? -EINVAL : 0;
}

/* Splits one "name,dist,lo,hi,p,from,step" into its seven fields. */
static int split(const char *text, size_t len, char ret_fields[FIELDS][FIELD_MAX])
{
	unsigned int field = 0;
	size_t n = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i == len || text[i] == ',') {
			if (n == 0 || field == FIELDS)
				return -EINVAL;
			ret_fields[field++][n] = '\0';
			n = 0;
		} else if (text[i] == '\0' || field == FIELDS || n == FIELD_MAX - 1) {
			return -EINVAL;
		} else {
			ret_fields[field][n++] = text[i];
		}
	}
	return field == FIELDS ? 0 : -EINVAL;
}

static int parse_rule(const char *text, size_t len, struct points_rule *ret_rule)
{
	char fields[FIELDS][FIELD_MAX];
	struct points_rule rule = { 0 };

	_Static_assert(FIELD_MAX == POINTS_NAME_MAX, "a name fits its field");
	if (split(text, len, fields) < 0 || fields[1][1] || !strchr("fue", fields[1][0]) ||
		parse_u64(fields[2], &rule.lo_ns) < 0 || parse_u64(fields[3], &rule.hi_ns) < 0 ||
		parse_probability(fields[4], &rule.p) < 0 || parse_u64(fields[5], &rule.from) < 0 ||
		parse_u64(fields[6], &rule.step) < 0)
		return -EINVAL;
	rule.dist = fields[1][0];
	if (rule.lo_ns > POINTS_MAX_DELAY_NS || rule.hi_ns > POINTS_MAX_DELAY_NS)
		return -EINVAL;
	if (rule.from == 0 || (rule.dist == 'u' && rule.hi_ns < rule.lo_ns))
		return -EINVAL;
	memcpy(rule.name, fields[0], sizeof(rule.name));
	*ret_rule = rule;
	return 0;
}

int points_parse(const char *text, size_t len, struct points_rule ret_rules[POINTS_MAX])
{
	int count = 0;

	for (size_t at = 0; at < len;) {
		const char *semicolon = memchr(text + at, ';', len - at);
		size_t part = semicolon ? (size_t)(semicolon - text) - at : len - at;

		if (count == POINTS_MAX)
			return -E2BIG;
		if (parse_rule(text + at, part, &ret_rules[count]) < 0)
			return -EINVAL;
		/* libfiu keeps one rule a name: the second would silently replace the first. */
		for (int i = 0; i < count; i++)
			if (!strcmp(ret_rules[i].name, ret_rules[count].name))
				return -EINVAL;
		count++;
		at += part + 1;
	}
	return count;
}

bool points_rule_counts(const struct points_rule *rule, uint64_t n)
{
	if (n < rule->from)
		return false;
	return rule->step ? (n - rule->from) % rule->step == 0 : n == rule->from;
}

/* In (0, 1), both ends left out: the logarithm is finite, and what is sure always hits. 52 bits and
 * a half are exact in a double; with 53 the largest would be rounded to 1. */
static double unit(uint64_t random)
{
	return ((double)(random >> 12) + 0.5) / 4503599627370496.0;
}

bool points_rule_hits(const struct points_rule *rule, uint64_t random)
{
	return unit(random) < rule->p;
}

uint64_t points_rule_delay(const struct points_rule *rule, uint64_t random)
{
	double u = unit(random);

	switch (rule->dist) {
	case 'u':
		return rule->lo_ns + (uint64_t)(u * (double)(rule->hi_ns - rule->lo_ns));
	case 'e':
		return (uint64_t)(-log(u) * (double)rule->lo_ns);
	default:
		return rule->lo_ns;
	}
}
