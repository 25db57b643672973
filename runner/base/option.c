/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner/base/option.h"

#include "runner/base/nearest.h"
#include "runner/base/units.h"
#include "runner/base/util.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>

/* What getopt_long() returns for row i. */
#define ROW_CODE 256

#define NAME_WIDTH 20

#define COLUMNS 80

void option_print_wrapped(FILE *out, const char *text, int indent, int at)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " \n");
		int columns = 0;

		for (size_t i = 0; i < n; i++)
			columns += (text[i] & 0xc0) != 0x80;
		if (at + !first + columns > COLUMNS && at > indent) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		at += fprintf(out, "%s%.*s", first ? "" : " ", (int)n, text) - (int)n + columns;
		first = false;
		text += n;
		if (*text == '\n' && text[1]) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
			first = true;
		}
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

void option_print_help(const struct option_table *t, FILE *out)
{
	bool letters = false;

	for (size_t i = 0; i < t->n_rows; i++)
		letters = letters || (t->rows[i].letter && t->rows[i].kind != OPTION_HELP);
	for (const char *const *form = t->usage; *form; form++)
		option_print_wrapped(out, *form, 15,
			1 + fprintf(out, "%s hangrate %s ", form == t->usage ? "usage:" : "      ",
				    t->command));
	fputc('\n', out);
	option_print_wrapped(out, t->about, 0, 0);
	fputc('\n', out);
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct option_row *row = &t->rows[i];
		char name[64], letter[] = "    ";

		snprintf(name, sizeof(name), "--%s%s%s", row->name, row->value ? " " : "",
			row->value ? row->value : "");
		if (row->letter)
			memcpy(letter, (char[]){ '-', row->letter, ',', ' ' }, 4);
		option_print_wrapped(out, row->help, letters ? NAME_WIDTH + 7 : NAME_WIDTH + 3,
			fprintf(out, "  %s%-*s ", letters ? letter : "", NAME_WIDTH, name));
	}
	if (t->status)
		option_print_wrapped(out, t->status, 2, fprintf(out, "\nexit status: ") - 1);
}

void option_print_rows(const struct option_table *t, FILE *out)
{
	for (size_t i = 0; i < t->n_rows; i++)
		fprintf(out, "%s\t--%s\t%s\t%s\n", t->command, t->rows[i].name,
			t->rows[i].value ? t->rows[i].value : "", t->rows[i].help);
}

enum option_result option_wrong(const struct option_table *t, const char *object, const char *what)
{
	fprintf(stderr, "%s: '%s': %s; see hangrate %s --help\n", t->command, object, what,
		t->command);
	return OPTION_WRONG;
}

static int read_value(
	const struct option_table *t, const struct option_row *row, const char *value, void *into)
{
	void *at = (char *)into + row->offset;

	switch ((enum option_kind)row->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)at = value;
		return 0;
	case OPTION_NUMBER:
		return units_parse_u64(value, at);
	case OPTION_COUNT:
		return units_parse_u64(value, at) || !*(uint64_t *)at ? -1 : 0;
	case OPTION_DURATION:
		return units_parse_duration(value, at) || !*(int64_t *)at ? -1 : 0;
	case OPTION_SHARE:
		return units_parse_probability(value, at);
	case OPTION_HELP:
	case OPTION_OWN:
		break;
	}
	return t->own(row, value, into);
}

static const struct option_row *find_row(const struct option_table *t, int code)
{
	for (size_t i = 0; i < t->n_rows && code != '?' && code != ':'; i++)
		if (code == ROW_CODE + (int)i || (t->rows[i].letter && code == t->rows[i].letter))
			return &t->rows[i];
	return NULL;
}

static enum option_result no_such_option(
	const struct option_table *t, const char *given, bool lacks_value)
{
	char *name cleanup(cleanup_free) =
		mem_strndup(given + strspn(given, "-"), strcspn(given + strspn(given, "-"), "="));
	char *what cleanup(cleanup_free) = NULL;
	unsigned int best = nearest_limit(name) + 1;

	if (lacks_value)
		return option_wrong(t, given, "needs a value");
	for (size_t i = 0; i < t->n_rows && !strncmp(given, "--", 2); i++) {
		unsigned int d = nearest_distance(name, t->rows[i].name);

		if (d >= best)
			continue;
		best = d;
		free(what);
		what = mem_printf("no such option; did you mean '--%s'?", t->rows[i].name);
	}
	return option_wrong(t, given, what ? what : "no such option");
}

static enum option_result not_valid(
	const struct option_table *t, const struct option_row *row, const char *value)
{
	/* So durations are called everywhere, also those that a command reads by itself. */
	bool duration = row->kind == OPTION_DURATION || !strcmp(row->value, "T");
	uint64_t n;
	int64_t ns;

	if (duration && !units_parse_u64(value, &n))
		fprintf(stderr, "%s: --%s '%s': add a unit: %ss, %sms, %sm\n", t->command,
			row->name, value, value, value, value);
	else if (duration && isdigit((unsigned char)*value) &&
		 units_parse_duration(value, &ns) == -EINVAL)
		fprintf(stderr, "%s: --%s '%s': no such duration; units are us, ms, s, m, h\n",
			t->command, row->name, value);
	else
		fprintf(stderr, "%s: --%s '%s': not a valid %s; see hangrate %s --help\n",
			t->command, row->name, value, row->value, t->command);
	return OPTION_WRONG;
}

static enum option_result parse_all(const struct option_table *t, int argc, char **argv,
	const struct option *longs, const char *shorts, void *into)
{
	int code;

	opterr = 0;
	optind = 0; /* glibc: start over, also after an earlier parse */
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct option_row *row = find_row(t, code);
		char letter[] = { '-', (char)optopt, 0 };

		if (!row)
			return no_such_option(t,
				optopt > 0 && optopt < ROW_CODE ? letter : argv[optind - 1],
				code == ':');
		if (row->kind == OPTION_HELP) {
			option_print_help(t, stdout);
			return OPTION_HELPED;
		}
		if (read_value(t, row, optarg, into) < 0) {
			return not_valid(t, row, optarg);
		}
	}
	return OPTION_RUN;
}

enum option_result option_parse(
	const struct option_table *t, int argc, char **argv, void *into, int *ret_first)
{
	struct option *longs cleanup(cleanup_free) = mem_alloc((t->n_rows + 1) * sizeof(*longs));
	char *shorts cleanup(cleanup_free) = mem_alloc(2 * t->n_rows + 3);
	enum option_result r;
	size_t n = 0;

	if (t->program)
		shorts[n++] = '+';
	shorts[n++] = ':';
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct option_row *row = &t->rows[i];

		longs[i] = (struct option){ row->name, row->value ? required_argument : no_argument,
			NULL, ROW_CODE + (int)i };
		if (row->letter)
			shorts[n++] = row->letter;
		if (row->letter && row->value)
			shorts[n++] = ':';
	}
	r = parse_all(t, argc, argv, longs, shorts, into);
	if (r == OPTION_RUN)
		*ret_first = optind;
	return r;
}
