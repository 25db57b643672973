/* SPDX-License-Identifier: MIT */
/* scenario.c: main() of every scenario executable: options, environment, CHECK and MUST. */
#include "lib/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scenario full_form;
static uint64_t seed;
static uint64_t knob_values[SCENARIO_MAX_KNOBS];

const struct scenario *scenario_self(void)
{
	return scenario.libc ? &full_form : &scenario;
}

uint64_t scenario_seed(void)
{
	return seed;
}

uint64_t scenario_mix(uint64_t key, uint64_t n)
{
	uint64_t z = key + (n + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void scenario_say(const char *const parts[])
{
	char line[512];
	const char *name = scenario.name;
	size_t n = 0;

	for (int i = -1; i < 0 || parts[i]; i++) {
		const char *part = i < 0 ? name : parts[i];
		size_t len = strlen(part);

		if (len > sizeof(line) - 3 - n)
			len = sizeof(line) - 3 - n;
		memcpy(line + n, part, len);
		n += len;
		if (i < 0) {
			line[n++] = ':';
			line[n++] = ' ';
		}
	}
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return; /* nobody to tell */
}

/* Decimal into buf, for those who may not use stdio. */
static const char *format_number(uint64_t value, char buf[24])
{
	char *p = buf + 23;

	*p = '\0';
	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	return p;
}

static void report(const char *kind, const char *file, int line, const char *cond)
{
	char err[24], at[24];

	SAY(file, ":", format_number((uint64_t)line, at), ": ", kind, "(", cond, ") failed, errno ",
		format_number((uint64_t)errno, err));
}

void scenario_check_failed(const char *file, int line, const char *cond)
{
	report("CHECK", file, line, cond);
	_exit(HANGRATE_EXIT_FAIL);
}

void scenario_must_failed(const char *file, int line, const char *cond)
{
	report("MUST", file, line, cond);
	_exit(HANGRATE_EXIT_BROKEN);
}

void scenario_skip(const char *why)
{
	SAY("skipped: ", why);
	_exit(HANGRATE_EXIT_SKIP);
}

static __attribute__((noreturn)) void die(const char *what, const char *value)
{
	SAY(what, ": '", value, "'");
	_exit(HANGRATE_EXIT_BROKEN);
}

/* A decimal number that ends at *end; false if there is none or it overflows. */
static bool parse_number(const char *s, char **ret_end, uint64_t *ret_value)
{
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret_value = strtoull(s, ret_end, 10);
	return errno == 0;
}

/* The first of a knob's levels: a number with K, M or G. */
static uint64_t first_level(const struct scenario_knob *knob)
{
	uint64_t value;
	char *end;

	if (!parse_number(knob->levels, &end, &value))
		die("bad levels of a knob", knob->levels);
	switch (*end) {
	case 'K':
		return value << 10;
	case 'M':
		return value << 20;
	case 'G':
		return value << 30;
	case ',':
	case '\0':
		return value;
	}
	die("bad levels of a knob", knob->levels);
	return 0;
}

static int find_size_knob(const char *name, size_t len)
{
	const struct scenario *self = scenario_self();

	for (int i = 0; i < SCENARIO_MAX_KNOBS && self->knobs[i].name; i++)
		if (self->knobs[i].kind == SIZE && strlen(self->knobs[i].name) == len &&
			!memcmp(self->knobs[i].name, name, len))
			return i;
	return -1;
}

static void read_knobs(const char *text)
{
	const struct scenario *self = scenario_self();

	for (int i = 0; i < SCENARIO_MAX_KNOBS && self->knobs[i].name; i++)
		if (self->knobs[i].kind == SIZE)
			knob_values[i] = first_level(&self->knobs[i]);
	while (text && *text) {
		const char *eq = strchr(text, '=');
		int i = eq ? find_size_knob(text, (size_t)(eq - text)) : -1;
		char *end;

		if (i < 0 || !parse_number(eq + 1, &end, &knob_values[i]) || (*end && *end != ';'))
			die("bad " HANGRATE_ENV_KNOBS, text);
		text = *end ? end + 1 : end;
	}
}

uint64_t scenario_knob(const char *name)
{
	int i = find_size_knob(name, strlen(name));

	if (i < 0)
		die("no such size knob", name);
	return knob_values[i];
}

/* Everything that the environment says, read before there is any thread. The receipt's number is
 * taken out of the environment, since it means nothing in a program that is exec'd from here. */
static void read_environment(void)
{
	const char *text = getenv(HANGRATE_ENV_SEED);
	char *end;

	if (text && (!parse_number(text, &end, &seed) || *end))
		die("bad " HANGRATE_ENV_SEED, text);
	read_knobs(getenv(HANGRATE_ENV_KNOBS));
	points_init(
		scenario_self(), getenv(HANGRATE_ENV_POINTS), getenv(HANGRATE_ENV_COUNTERS), seed);
	unsetenv(HANGRATE_ENV_POINTS);
	unsetenv(HANGRATE_ENV_COUNTERS);
}

static int run_variant(const char *name)
{
	const struct scenario *self = scenario_self();

	for (int i = 0; i < SCENARIO_MAX_VARIANTS && self->variants[i].name; i++) {
		if (strcmp(self->variants[i].name, name))
			continue;
		read_environment();
		self->variants[i].run();
		/* Not exit(): whether that hangs is for a variant to say, not for every one. */
		_exit(HANGRATE_EXIT_PASS);
	}
	die("no such variant", name);
	return HANGRATE_EXIT_BROKEN;
}

int main(int argc, char *argv[])
{
	if (scenario.libc)
		libc_scenario_expand(&scenario, &full_form);
	if (argc == 2 && !strcmp(argv[1], "--describe"))
		return scenario_describe(scenario_self());
	if (argc == 3 && !strcmp(argv[1], "--run"))
		return run_variant(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "--child")) {
		if (scenario_self()->child)
			scenario_self()->child();
		_exit(HANGRATE_EXIT_PASS);
	}
	SAY("usage: --describe | --run VARIANT");
	return HANGRATE_EXIT_BROKEN;
}
