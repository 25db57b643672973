/* SPDX-License-Identifier: MIT */
/* self.c: which scenario this executable is, its seed and the values of its size knobs. */
#include "lib/hash.h"
#include "lib/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *self_scenario = &scenario;
static uint64_t seed;
static uint64_t knob_values[SCENARIO_MAX_KNOBS];

const struct scenario *scenario_self(void)
{
	return self_scenario;
}

void self_set(const struct scenario *full_form)
{
	self_scenario = full_form;
}

uint64_t scenario_seed(void)
{
	return seed;
}

uint64_t scenario_mix(uint64_t key, uint64_t n)
{
	return hash_mix(key + n * HASH_GOLDEN);
}

/* Reads a decimal number and where it ends. False: no number, or it overflows. */
static bool parse_number(const char *s, char **ret_end, uint64_t *ret_value)
{
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*ret_value = strtoull(s, ret_end, 10);
	return errno == 0;
}

/* A knob's first level: a number, perhaps with K, M or G. */
static uint64_t first_level(const struct scenario_knob *knob)
{
	uint64_t value;
	char *end;

	if (!parse_number(knob->levels, &end, &value))
		scenario_die("bad levels of a knob", knob->levels);
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
	scenario_die("bad levels of a knob", knob->levels);
	return 0;
}

void self_read_seed(const char *text)
{
	char *end;

	if (text && (!parse_number(text, &end, &seed) || *end))
		scenario_die("bad " HANGRATE_ENV_SEED, text);
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

void self_read_knobs(const char *text)
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
			scenario_die("bad " HANGRATE_ENV_KNOBS, text);
		text = *end ? end + 1 : end;
	}
}

uint64_t scenario_knob(const char *name)
{
	int i = find_size_knob(name, strlen(name));

	if (i < 0)
		scenario_die("no such size knob", name);
	return knob_values[i];
}
