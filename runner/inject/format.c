/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inject/format.c: rules as canonical text and as what the injectors in a target read. Pure. */
#include "runner/inject/engine.h"
#include "runner/base/util.h"

#include <inttypes.h>

/* Exact, unlike units_format_duration(): the text must parse to the same number. */
static void print_ns(FILE *f, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *unit;
	} units[] = {
		{ 1000000000, "s" },
		{ 1000000, "ms" },
		{ 1000, "us" },
		{ 1, "ns" },
	};

	if (!ns) {
		fputc('0', f);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (ns % units[i].ns)
			continue;
		fprintf(f, "%" PRIu64 "%s", ns / units[i].ns, units[i].unit);
		return;
	}
}

static void print_delay(FILE *f, const char *key, const struct inject_delay *d)
{
	fprintf(f, "%s=%s", key, d->dist == INJECT_EXPONENTIAL ? "exp(" : "");
	print_ns(f, d->lo_ns);
	if (d->dist == INJECT_UNIFORM) {
		fputs("..", f);
		print_ns(f, d->hi_ns);
	}
	if (d->dist == INJECT_EXPONENTIAL)
		fputc(')', f);
}

static void print_ppm(FILE *f, uint32_t ppm)
{
	char digits[16];
	size_t n = (size_t)snprintf(
		digits, sizeof(digits), "%u.%06u", ppm / INJECT_PPM, ppm % INJECT_PPM);

	while (digits[n - 1] == '0')
		n--;
	if (digits[n - 1] == '.')
		n--;
	fprintf(f, "%.*s", (int)n, digits);
}

bool inject_needs_no_place(enum inject_where where)
{
	return where >= INJECT_TRAP && where != INJECT_ORDER;
}

static void print_own_options(FILE *f, const struct inject_rule *r)
{
	const char *separator = ":";

	if (r->changes) {
		fprintf(f, "%schanges=%u", separator, r->changes);
		separator = ",";
	}
	if (r->steps) {
		fprintf(f, "%ssteps=%u", separator, r->steps);
		separator = ",";
	}
	if (r->has_p) {
		fprintf(f, "%sp=", separator);
		print_ppm(f, r->p_ppm);
		separator = ",";
	}
	if (r->has_seed)
		fprintf(f, "%sseed=%" PRIu64, separator, r->seed);
}

static void print_rule(FILE *f, const struct inject_rule *r)
{
	static const char *const prefix[] = {
		[INJECT_ANY] = "",
		[INJECT_POINT] = "point:",
		[INJECT_FUNC] = "func:",
		[INJECT_SYSCALL] = "syscall:",
		[INJECT_CLASS] = "%",
		[INJECT_TRAP] = "trap",
		[INJECT_ORDER] = "order",
		[INJECT_AUTO] = "auto",
		[INJECT_SCHEDULE] = "schedule",
		[INJECT_WAKE] = "wake",
		[INJECT_WINDOW] = "window",
		[INJECT_PROFILE] = "learning",
	};

	fputs(prefix[r->where], f);
	if (inject_needs_no_place(r->where)) {
		print_own_options(f, r);
		return;
	}
	if (r->where == INJECT_ORDER) {
		fprintf(f, "%s%s", *r->name ? ":" : "", r->name);
		return;
	}
	fprintf(f, "%s:", r->name);
	if (r->has_enter)
		print_delay(f, "delay_enter", &r->enter);
	if (r->has_exit)
		print_delay(f, r->has_enter ? ",delay_exit" : "delay_exit", &r->exit);
	if (r->p_ppm != INJECT_PPM) {
		fputs(",p=", f);
		print_ppm(f, r->p_ppm);
	}
	if (r->step == 0)
		fprintf(f, ",when=%u", r->from);
	else if (r->step > 1)
		fprintf(f, ",when=%u+%u", r->from, r->step);
	else if (r->from > 1)
		fprintf(f, ",when=%u+", r->from);
	if (r->thread)
		fprintf(f, ",thread=%u", r->thread);
	if (r->has_seed)
		fprintf(f, ",seed=%" PRIu64, r->seed);
}

char *inject_spec_format(const struct inject_spec *spec)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return mem_strdup("");
	for (size_t i = 0; i < spec->n_rules; i++) {
		if (i)
			fputc(';', f);
		print_rule(f, &spec->rules[i]);
	}
	fclose(f);
	return text ? text : mem_strdup("");
}

static void print_wire(FILE *f, const char *name, const char *suffix, const struct inject_rule *r,
	const struct inject_delay *d, bool null)
{
	static const char dist[] = { 'f', 'u', 'e' };

	fprintf(f, "%s%s,%c,%" PRIu64 ",%" PRIu64 ",", name, suffix, dist[d->dist],
		null ? 0 : d->lo_ns, null ? 0 : d->hi_ns);
	print_ppm(f, r->p_ppm);
	fprintf(f, ",%u,%u", r->from, r->step);
	if (r->where == INJECT_FUNC)
		fprintf(f, ",%u", r->thread);
	fputc(';', f);
}

char *inject_spec_encode(const struct inject_spec *spec, enum inject_where where, bool null)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return mem_strdup("");
	for (size_t i = 0; i < spec->n_rules; i++) {
		const struct inject_rule *r = &spec->rules[i];

		if (r->where != where)
			continue;
		if (r->has_enter)
			print_wire(f, r->name, "", r, &r->enter, null);
		if (r->has_exit)
			print_wire(f, r->name, HANGRATE_FUNCS_EXIT, r, &r->exit, null);
	}
	fclose(f);
	return text ? text : mem_strdup("");
}
