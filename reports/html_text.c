/* SPDX-License-Identifier: GPL-3.0-or-later */
/* html_text.c: text, numbers and axes of the HTML report. */
#include "reports/html.h"
#include "reports/text.h"

#include "runner/base/hash.h"
#include "runner/base/util.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

void html_text(FILE *out, const char *s, size_t max)
{
	bool clean;

	for (size_t used = 0, n; s && *s; s += n, used += n) {
		const char *entity = text_entity(*s);

		n = text_character(s, &clean);
		if (max && used + n > max) {
			fputs("\xe2\x80\xa6", out);
			return;
		}
		if (entity || !clean)
			fputs(entity ? entity : WORDS_REPLACEMENT, out);
		else
			fwrite(s, 1, n, out);
	}
}

void html_count(FILE *out, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			fputs(HTML_THIN, out);
		fputc(digits[i], out);
	}
}

void html_percent(FILE *out, double p)
{
	double v = p * 100;
	int decimals = 0;

	/* Near 1 the distance from 1 matters as much as p does near 0. */
	double edge = v > 50 ? 100 - v : v;

	if (edge > 0 && edge < 10)
		decimals = (int)fmin(9, 1 - floor(log10(edge)));
	else if (v > 0 && v < 100)
		decimals = 1;
	fprintf(out, "%.*f" HTML_THIN "%%", decimals, v);
}

void html_percent_tick(FILE *out, double p)
{
	fprintf(out, "%.6g" HTML_THIN "%%", p * 100);
}

/* Three significant digits, no exponent. */
static void put_scaled(FILE *out, double v, const char *unit)
{
	int decimals = v <= 0 || v >= 100 ? 0 : v >= 10 ? 1 : 2;
	char digits[32];

	snprintf(digits, sizeof(digits), "%.*f", decimals, v);
	if (strchr(digits, '.')) {
		size_t n = strlen(digits);

		while (digits[n - 1] == '0')
			digits[--n] = '\0';
		if (digits[n - 1] == '.')
			digits[n - 1] = '\0';
	}
	fprintf(out, "%s" HTML_THIN "%s", digits, unit);
}

void html_duration(FILE *out, double ns)
{
	static const struct {
		double size;
		const char *unit;
	} units[] = { { 60e9, "min" }, { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "\xc2\xb5s" },
		{ 1, "ns" } };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && ns < units[i].size * (i ? 1 : 10))
		i++;
	put_scaled(out, ns / units[i].size, units[i].unit);
}

void html_bytes(FILE *out, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB" };
	size_t i = 0;

	for (; bytes >= 1024 && i + 1 < ARRAY_SIZE(units); i++)
		bytes /= 1024;
	put_scaled(out, bytes, units[i]);
}

void html_date(FILE *out, int64_t unix_ms)
{
	time_t t = unix_ms / 1000;
	char text[64];
	struct tm tm;

	if (unix_ms <= 0 || !gmtime_r(&t, &tm)) {
		fputs("\xe2\x80\x93", out);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%MZ\">%Y-%m-%d %H:%M UTC", &tm);
	fprintf(out, "<time datetime=\"%s</time>", text);
}

void html_anchor(FILE *out, const char *kind, ...)
{
	uint64_t h = HASH_START;
	const char *text;
	va_list ap;

	va_start(ap, kind);
	while ((text = va_arg(ap, const char *)))
		h = hash_string(h, text);
	va_end(ap);
	fprintf(out,
		" <a class=\"self\" id=\"%s-%08x\" href=\"#%s-%08x\" title=\"link to this\">#</a>",
		kind, (unsigned int)(h >> 32), kind, (unsigned int)(h >> 32));
}

void html_cell_name(FILE *out, const struct record_cell *c)
{
	html_text(out, c->target, 120);
	if (c->variant && *c->variant) {
		fputs("<wbr>/", out);
		html_text(out, c->variant, 80);
	}
}

void html_cell_where(FILE *out, const struct record_cell *c)
{
	html_text(out, c->libc, 60);
	if (c->inject && *c->inject) {
		fputs(" \xc2\xb7 ", out);
		html_text(out, c->inject, 160);
	}
	if (c->arm != ARM_INJECTED)
		fprintf(out, " \xc2\xb7 %s arm", arm_name(c->arm));
	if (c->canary)
		fputs(" \xc2\xb7 canary", out);
}

struct stats_interval html_interval(const struct record_campaign *c, uint64_t k, uint64_t n)
{
	return text_interval_of(c, k, n);
}

bool html_fixed_n(const struct record_campaign *c)
{
	return text_fixed_n(c);
}

double html_axis_at(const struct html_axis *a, double v)
{
	double share = (log(fmax(v, 1e-300)) - log(a->low)) / (log(a->high) - log(a->low));

	return 100 * fmin(1, fmax(0, share));
}

struct html_axis html_axis_probability(double smallest)
{
	double decade = floor(log10(fmax(smallest, 1e-8)) + 1e-9);

	return (struct html_axis){ pow(10, fmin(decade, -2)), 1 };
}

void html_axis_grid(const struct html_axis *a, const char *id, FILE *out)
{
	fprintf(out,
		"<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
		"<g id=\"%s\">",
		id);
	for (double v = a->low; v <= a->high * 1.001; v *= 10)
		fprintf(out,
			"<line class=\"grid\" x1=\"%.4g%%\" x2=\"%.4g%%\" y1=\"0\" y2=\"100%%\"/>",
			html_axis_at(a, v), html_axis_at(a, v));
	fputs("</g></defs></svg>\n", out);
}

void html_axis_labels(const struct html_axis *a, void (*label)(FILE *out, double v), FILE *out)
{
	int decades = (int)lround(log10(a->high / a->low)), i = 0;

	fputs("<svg class=\"axis\" aria-hidden=\"true\">", out);
	for (double v = a->low; v <= a->high * 1.001; v *= 10, i++) {
		/* On a long axis the narrow screen shows every second label only. */
		fprintf(out, "<text x=\"%.4g%%\" y=\"13\" class=\"%s%s\">", html_axis_at(a, v),
			i == decades ? "last" : "",
			decades > 4 && (decades - i) % 2 ? " minor" : "");
		label(out, v);
		fputs("</text>", out);
	}
	fputs("</svg>", out);
}
